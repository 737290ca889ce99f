import assert from "node:assert/strict";
import { lastDue, nextDue } from "./schedules.ts";

const cases: [string, string, string][] = [
  ["10 3 * * *", "2026-11-24T03:10:00Z", "2026-11-24T03:10:00Z"],
  ["10 3 * * *", "2026-11-24T03:09:59Z", "2026-11-23T03:10:00Z"],
  ["10 3 * * *", "2026-01-01T00:00:00Z", "2025-12-31T03:10:00Z"],
  ["30 5 * * 0", "2026-11-24T12:00:00Z", "2026-11-22T05:30:00Z"],
  ["30 5 * * 0", "2026-11-22T05:29:00Z", "2026-11-15T05:30:00Z"],
  ["23 * * * *", "2026-11-24T00:22:00Z", "2026-11-23T23:23:00Z"],
  ["23 */6 * * *", "2026-11-24T06:22:00Z", "2026-11-24T00:23:00Z"],
  ["23 */6 * * *", "2026-11-24T23:59:00Z", "2026-11-24T18:23:00Z"],
  ["41 12 1 * *", "2026-11-24T12:00:00Z", "2026-11-01T12:41:00Z"],
  ["10 7-23/4 * * *", "2026-11-24T11:09:00Z", "2026-11-24T07:10:00Z"],
  ["10 7-23/4 * * *", "2026-11-24T04:00:00Z", "2026-11-23T23:10:00Z"],
];

for (const [cron, now, due] of cases) {
  Deno.test(`lastDue() of '${cron}' at ${now}`, () => {
    assert.equal(lastDue(cron, new Date(now)).toISOString(), due.replace("Z", ".000Z"));
  });
}

Deno.test("lastDue() refuses a schedule that it does not know", () => {
  for (const cron of ["*/5 * * * *", "5 */0 * * *", "0 24 * * *", "0 3"]) {
    assert.throws(() => lastDue(cron, new Date()), RangeError, cron);
  }
});

const coming: [string, string, string][] = [
  ["10 3 * * *", "2026-11-24T03:09:59Z", "2026-11-24T03:10:00Z"],
  ["10 3 * * *", "2026-11-24T03:10:00Z", "2026-11-25T03:10:00Z"],
  ["10 3 * * *", "2025-12-31T12:00:00Z", "2026-01-01T03:10:00Z"],
  ["30 5 * * 0", "2026-11-24T12:00:00Z", "2026-11-29T05:30:00Z"],
  ["23 */6 * * *", "2026-11-24T18:24:00Z", "2026-11-25T00:23:00Z"],
  ["41 12 1 * *", "2026-11-24T12:00:00Z", "2026-12-01T12:41:00Z"],
];

for (const [cron, now, due] of coming) {
  Deno.test(`nextDue() of '${cron}' at ${now}`, () => {
    assert.equal(nextDue(cron, new Date(now)).toISOString(), due.replace("Z", ".000Z"));
  });
}
