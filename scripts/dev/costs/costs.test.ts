/** docs/costs.md says what the prices, the benchmarks and the retention of today give. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { ASSUMED, backupsKept, billOf, type Month, pricesSchema, runsAMonth, usedInAMonth } from "./model.ts";
import { costsPage, sampleOf } from "./report.ts";

const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8");
const prices = pricesSchema.parse(JSON.parse(await read("prices.json")));

it("the page is the one that `npm run costs` writes", async () => {
  const sample = sampleOf(await read("../../../docs/benchmarks.md"));
  expect(await read("../../../docs/costs.md")).toBe(costsPage(sample, prices));
});

it("retention keeps what its policy says: days, weeks, months, years, what is not proven yet, safety copies", () => {
  const { mean, most } = backupsKept(DEFAULT_POLICY);
  const { daily, weekly, monthly, yearly, safety } = DEFAULT_POLICY;
  // periods share backups; a week's newer than the last proof stay besides
  expect(mean).toBeGreaterThan(daily + monthly + safety);
  expect(most).toBeLessThanOrEqual(daily + weekly + monthly + yearly + 7 + safety);
});

it("a month has the schedules' runs, and a bill by hand agrees", () => {
  expect(Math.round(runsAMonth()["db-backup-watchdog.yml"] ?? 0)).toBe(731);
  const gb = { rawBytes: 1e9, storedBytes: 1e9, backupSeconds: 10, restoreSeconds: 10 };
  const month = usedInAMonth(gb, 20);
  expect(month.storedGb).toBe(20);
  expect(month.egressGb).toBeCloseTo(30.4, 1);
  // 45 s of preparation, 40 s out and 40 s back: three begun minutes a day; one for a drill would be 105 s: two
  expect(ASSUMED).toMatchObject({ setupSeconds: 45, bytesPerSecond: 25e6 });
  const others = Object.entries(runsAMonth()).filter(([file]) => !/db-backup\.yml|drill/.test(file));
  const rest = others.reduce((sum, [, count]) => sum + count, 0);
  expect(month.minutes).toBeCloseTo(3 * 30.4375 + 2 * 30.4375 / 7 + rest, 3);
  const used: Month = { storedGb: 110, classA: 2e6, classB: 11e6, egressGb: 350, minutes: 3000 };
  expect(billOf(used, prices, true)).toMatchObject({ storage: 1.5, egress: 9, minutes: 6, calls: 4.86 });
  expect(billOf(used, prices, false)).toMatchObject({ storage: 1.65, egress: 31.5, minutes: 18 });
});
