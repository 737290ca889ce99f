import assert from "node:assert/strict";
import { type CatalogWatchFacts, vaultAsIndexed, watchFactsSchema } from "./catalog_facts.ts";

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

Deno.test("a report of an older version states no notifications", () => {
  const notified = { run_lost: { title: "T", material: "m", at: "2026-01-15" } };
  const { reports } = facts({
    watchdog: { at: ago(1), report: { notified } },
    watch: { at: ago(2), report: { notified: { run_lost: "x" } } },
  });
  assert.deepEqual(reports.watchdog?.report.notified, notified);
  assert.deepEqual(reports.watch?.report.notified, {});
});
