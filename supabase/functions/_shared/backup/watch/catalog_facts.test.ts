import assert from "node:assert/strict";
import type { Alarm } from "./alarm.ts";
import {
  type CatalogWatchFacts,
  isWatchdogNotifying,
  vaultAsIndexed,
  WATCHDOG_SILENT,
  watchdogSilent,
  watchFactsSchema,
} from "./catalog_facts.ts";
import { afterNotifying, dueAlarms, type NotificationState } from "./notifications.ts";

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

Deno.test("the catalog's answer is parsed into the facts of the watch", () => {
  const { lost_runs, audit } = facts();
  assert.deepEqual(lost_runs, [{ requestId: "r", kind: "drill", target: "prod", at: ago(1), runUrl: null }]);
  assert.deepEqual(audit.brokenAt, { where: "database", chainId: "c", seq: 3, reason: "hash" });
  assert.deepEqual(vaultAsIndexed(facts()).backups, [
    { key: "k", createdAtUtc: ago(9), bytes: 0, rows: null, rejectedAt: null },
  ]);
});

Deno.test("the watchdog is silent after its service level, and when it has never reported", () => {
  const at = (hours: number) => facts({ watchdog: { at: ago(hours), report: { undelivered: [] } } });
  assert.equal(watchdogSilent(at(6)), null);
  assert.equal(watchdogSilent(at(6.01))?.id, WATCHDOG_SILENT);
  assert.match(watchdogSilent(facts())?.facts[0] ?? "", /nunca/);
  assert.equal(isWatchdogNotifying(at(6)), true);
  assert.equal(isWatchdogNotifying(at(6.01)), false);
});

Deno.test("a watchdog with undelivered notifications does not count as notifying", () => {
  const report = { undelivered: ["Cannot call the webhook"] };
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

function due(changes: Partial<NotificationState>): string[] {
  const standing = { alarms: [alarm], unknown: [], notified: {}, isSilent: false, ...changes };
  return dueAlarms(standing).map(({ event, alarm }) => `${event} ${alarm.id}`);
}

Deno.test("an alarm is notified once, again when it changes, and once when it clears", () => {
  const notified = afterNotifying({}, { event: "raised", alarm });
  assert.deepEqual(due({}), ["raised run_lost"]);
  assert.deepEqual(due({ notified }), []);
  assert.deepEqual(due({ notified, alarms: [{ ...alarm, material: "n" }] }), ["changed run_lost"]);
  assert.deepEqual(due({ notified, alarms: [{ ...alarm, severity: "warning" }] }), ["changed run_lost"]);
  assert.deepEqual(due({ notified, alarms: [] }), ["cleared run_lost"]);
  assert.deepEqual(due({ notified, alarms: [], unknown: ["run_lost"] }), []);
  assert.deepEqual(afterNotifying(notified, { event: "cleared", alarm }), {});
});

Deno.test("while the watchdog notifies, only earlier notifications are cleared", () => {
  const notified = afterNotifying({}, { event: "raised", alarm: { ...alarm, id: WATCHDOG_SILENT } });
  assert.deepEqual(due({ notified, isSilent: true }), ["cleared watchdog_silent"]);
});
