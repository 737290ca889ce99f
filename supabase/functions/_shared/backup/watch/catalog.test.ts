import assert from "node:assert/strict";
import type { Alarm } from "./alarm.ts";
import {
  type CatalogWatchFacts,
  isWatchdogNotifying,
  vaultAsIndexed,
  WATCHDOG_SILENT,
  watchdogSilent,
  watchFactsSchema,
} from "./catalog.ts";
import { afterNotifying, dueAlarms, type Standing } from "./notifications.ts";

const NOW = "2026-01-20T12:00:00Z";
const ago = (hours: number) => new Date(Date.parse(NOW) - hours * 3_600_000).toISOString();

function facts(reports: object = {}): CatalogWatchFacts {
  return watchFactsSchema.parse({
    time: NOW,
    backups: [{ key: "k", created_at: ago(9), bytes: null, rows: null }],
    drills: [],
    lost_runs: [{ request_id: "r", kind: "drill", target: "prod", at: ago(1), run_url: null }],
    audit: { ok: false, broken_at: { chain_id: "c", seq: 3, why: "hash" } },
    reports,
  });
}

Deno.test("what the catalog says becomes the facts of the watch", () => {
  const { lost_runs, audit } = facts();
  assert.deepEqual(lost_runs, [{ requestId: "r", kind: "drill", target: "prod", at: ago(1), runUrl: null }]);
  assert.deepEqual(audit.brokenAt, { where: "database", chainId: "c", seq: 3, reason: "hash" });
  assert.deepEqual(vaultAsIndexed(facts()).backups, [
    { key: "k", createdAtUtc: ago(9), bytes: 0, rows: null },
  ]);
});

Deno.test("the watchdog is silent after six hours, and when it never spoke", () => {
  const at = (hours: number) => facts({ watchdog: { at: ago(hours), report: { not_told: [] } } });
  assert.equal(watchdogSilent(at(6)), null);
  assert.equal(watchdogSilent(at(6.01))?.id, WATCHDOG_SILENT);
  assert.match(watchdogSilent(facts())?.facts[0] ?? "", /nunca/);
  assert.equal(isWatchdogNotifying(at(6)), true);
  assert.equal(isWatchdogNotifying(at(6.01)), false);
});

Deno.test("a watchdog that was not heard does not tell", () => {
  const report = { not_told: ["Cannot tell the webhook"] };
  assert.equal(isWatchdogNotifying(facts({ watchdog: { at: ago(1), report } })), false);
  assert.equal(
    isWatchdogNotifying(facts({ watchdog: { at: ago(1), report: { of: "another form" } } })),
    true,
  );
});

const alarm: Alarm = {
  id: "run_lost",
  severity: "failed",
  title: "T",
  risk: "R",
  facts: [],
  todo: "D",
  material: "m",
};

function due(changes: Partial<Standing>): string[] {
  const standing = { alarms: [alarm], unknown: [], told: {}, isSilent: false, ...changes };
  return dueAlarms(standing).map(({ event, alarm }) => `${event} ${alarm.id}`);
}

Deno.test("an alarm is told once, again when it differs, and its end once", () => {
  const told = afterNotifying({}, { event: "raised", alarm });
  assert.deepEqual(due({}), ["raised run_lost"]);
  assert.deepEqual(due({ told }), []);
  assert.deepEqual(due({ told, alarms: [{ ...alarm, material: "n" }] }), ["changed run_lost"]);
  assert.deepEqual(due({ told, alarms: [{ ...alarm, severity: "warning" }] }), ["changed run_lost"]);
  assert.deepEqual(due({ told, alarms: [] }), ["cleared run_lost"]);
  assert.deepEqual(due({ told, alarms: [], unknown: ["run_lost"] }), []);
  assert.deepEqual(afterNotifying(told, { event: "cleared", alarm }), {});
});

Deno.test("while somebody else tells, only what was told before is ended", () => {
  const told = afterNotifying({}, { event: "raised", alarm: { ...alarm, id: WATCHDOG_SILENT } });
  assert.deepEqual(due({ told, isSilent: true }), ["cleared watchdog_silent"]);
});
