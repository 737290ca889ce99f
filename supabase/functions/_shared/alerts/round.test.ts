import assert from "node:assert/strict";
import type { Report } from "@backup/api.ts";
import { type WatchReports, watchReportsSchema } from "@backup/watch/reports.ts";
import { runRound } from "./round.ts";

const START = Date.parse("2026-01-15T12:00:00Z");
const HOUR_MS = 3_600_000;
const isoAfter = (hours: number) => new Date(START + hours * HOUR_MS).toISOString();

/** A watchdog without a problem, beside a watch that reported last at the start. */
function watchdog(expectsOther: boolean) {
  let reports: WatchReports = watchReportsSchema.parse({
    watch: { at: isoAfter(0), report: { notified: { run_lost: { title: "T", material: "m" } } } },
  });
  return async (hours: number) => {
    const at = isoAfter(hours);
    const { delivered } = await runRound({
      name: "watchdog",
      expectsOther,
      target: "prod",
      collect: () =>
        Promise.resolve({
          facts: {
            vault: null,
            catalog: { ok: true, value: { lostRuns: [], breakGlass: [], audit: null } },
            github: null,
            tokens: null,
            unseen: [],
          },
          reports: { ok: true, value: reports },
          state: {},
        }),
      channels: {
        issues: null,
        webhook: {
          url: "https://chat.example/hook",
          secret: null,
          fetch: () => Promise.resolve(new Response("")),
          sleep: () => Promise.resolve(),
        },
        heartbeat: null,
      },
      report: ({ report }: Omit<Report, "at">) => {
        reports = watchReportsSchema.parse({ ...reports, watchdog: { at, report } });
        return Promise.resolve();
      },
      runUrl: null,
      now: () => new Date(at),
      log: () => {},
    });
    return delivered.sent;
  };
}

Deno.test("the end of an alarm of a watch that fell silent is sent once", async () => {
  const round = watchdog(true);
  assert.deepEqual(await round(1), []);
  assert.deepEqual(await round(4), ["raised watch_silent", "cleared run_lost"]);
  assert.deepEqual(await round(5), []);
});

Deno.test("so is that of a watch that this installation does without since then", async () => {
  const round = watchdog(false);
  assert.deepEqual(await round(1), []);
  assert.deepEqual(await round(4), ["cleared run_lost"]);
  assert.deepEqual(await round(5), []);
  assert.deepEqual(await round(6), []);
});
