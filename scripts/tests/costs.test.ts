/** docs/costs.md: its table is what its formula gives for the benchmark's database, the schedules and the prices it states. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { FOUR_HOURLY, SCHEDULES } from "@backup/runs/schedules.ts";
import { R2_USD_PER_GB_MONTH } from "@backup/vault/price.ts";
import { choosePartSize } from "../lib/vault/vault.ts";

const read = (path: string) => readFile(new URL(`../../docs/${path}`, import.meta.url), "utf8");
const [page, benchmarks, production] = await Promise.all(
  ["costs.md", "benchmarks.md", "production.md"].map(read),
) as [string, string, string];

const figure = (text: string, pattern: RegExp) => Number((pattern.exec(text)?.[1] ?? "").replace(",", ""));
const price = (row: string) => figure(page, new RegExp(`^\\| ${row} \\|.*\\| \\$([\\d.]+) per`, "m"));
const PRICE = {
  gb: price("R2 storage"),
  a: price("R2 calls, class A"),
  b: price("R2 calls, class B"),
  egress: price("Supabase egress"),
  minute: price("GitHub minutes"),
};

it("states the price of storage that the screen uses", () => expect(R2_USD_PER_GB_MONTH).toBe(PRICE.gb));

const KEPT = figure(page, /keeps (\d+) backups on a mean day/);
const KEPT_FOUR_HOURLY = figure(page, /every four hours keep (\d+) on a mean day/);
const SETUP = figure(page, /A backup takes (\d+) s of set-up/);
const SPEED = figure(page, /`raw_bytes` at (\d+) MB\/s/) * 1e6;
const LOOK = figure(page, /(\d+) × runs of all schedules/);
const INCLUDED = {
  gb: figure(page, /Included are (\d+) GB-months/),
  egress: figure(page, /R2, (\d+) GB of egress/),
  minutes: figure(page, /and ([\d,]+) minutes \(GitHub Free\)/),
};
const DAYS = 365.25 / 12;

/** Starts of a schedule in a month. */
function runsOf(cron: string): number {
  const [, hour = "", day, , weekday] = cron.split(" ");
  if (hour.includes("-")) return DAYS * 5; // FOUR_HOURLY
  if (hour.startsWith("*")) return DAYS * 24 / Number(hour.slice(2) || 1);
  if (day !== "*") return 1;
  return weekday === "*" ? DAYS : DAYS / 7;
}

/** The figures for the benchmark's database, so many times as large; also with backups every four hours. */
function monthOf(factor: number, further: readonly { file: string; cron: string }[] = []) {
  const schedules = [...SCHEDULES, ...further];
  const backups = DAYS + further.reduce((sum, { cron }) => sum + runsOf(cron), 0);
  const kept = further.length > 0 ? KEPT_FOUR_HOURLY : KEPT;
  const size = (pattern: RegExp) => figure(benchmarks, pattern) * factor;
  const [database, raw, stored] = [/data, (\d+) MB/, /archive (\d+) MB raw/, /raw, (\d+) MB with/].map((it) =>
    size(it) * 1e6
  ) as [number, number, number];
  const backup = size(/\| \*\*ours\*\*: gzip[^|]*\| ([\d.]+) \|/);
  const restore = size(/\| \*\*ours\*\*: over a living copy[^|]*\| ([\d.]+) \|/);
  const begun = (seconds: number) => Math.ceil((SETUP + seconds) / 60);
  const minutes: Record<string, number> = {
    "db-backup.yml": begun(Math.max(backup, raw / SPEED) + stored / SPEED),
    "db-backup-restore-drill.yml": begun(stored / SPEED + 2 * restore),
  };
  const runs = schedules.reduce((sum, { cron }) => sum + runsOf(cron), 0);
  const used = {
    gb: kept * stored / 1e9,
    egress: backups * raw / 1e9,
    minutes: schedules.reduce((sum, { file, cron }) => sum + runsOf(cron) * (minutes[file] ?? 1), 0),
  };
  const parts = Math.ceil(stored / choosePartSize(stored));
  const bill = {
    gb: used.gb * PRICE.gb,
    calls: ((backups * (parts + 7) + LOOK * runs) * PRICE.a + LOOK * runs * PRICE.b) / 1e6,
    egress: used.egress * PRICE.egress,
    minutes: used.minutes * PRICE.minute,
  };
  // a million calls are included: never reached
  const above = (Object.keys(used) as (keyof typeof used)[]).reduce(
    (sum, name) => sum + Math.max(0, used[name] - INCLUDED[name]) * bill[name] / used[name],
    0,
  );
  return { database, raw, stored, used, bill, above };
}

const MONTHS = [1, 10, 50].map((factor) => monthOf(factor));
const money = (value: number) => `$${value.toFixed(2)}`;
const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const gigabytes = (bytes: number) =>
  `${(bytes / 1e9).toLocaleString("en-US", { maximumFractionDigits: 1 })} GB`;
const cellsOf = (name: string) =>
  page.split("\n").find((line) => line.startsWith(`| ${name} |`))?.split(" | ");
type Month = ReturnType<typeof monthOf>;

it.each<[string, (month: Month) => string]>([
  ["Database, with indexes", ({ database }) => gigabytes(database)],
  ["Leaves Supabase for one backup", ({ raw }) => gigabytes(raw)],
  ["One backup in the vault", ({ stored }) => gigabytes(stored)],
  ["In the vault, mean", ({ used }) => gigabytes(used.gb * 1e9)],
  ["Egress a month", ({ used }) => `${whole(used.egress)} GB`],
  ["Runner minutes a month", ({ used }) => whole(used.minutes)],
  ["R2 storage", ({ bill }) => money(bill.gb)],
  ["R2 calls", ({ bill }) => money(bill.calls)],
  ["Supabase egress", ({ bill }) => money(bill.egress)],
  ["GitHub minutes, private repository", ({ bill }) => money(bill.minutes)],
  ["**Everything at list price**", ({ bill }) => `**${money(Object.values(bill).reduce((a, b) => a + b))}**`],
  ["**Where nothing else uses the included quotas**", ({ above }) => `**${money(above)}**`],
])("the table's row: %s", (name, of) => {
  expect(cellsOf(name)).toEqual([`| ${name}`, ...MONTHS.map(of)].join(" | ").concat(" |").split(" | "));
});

it("states what backups every four hours cost", () => {
  const months = [1, 10].map((factor) => monthOf(factor, [{ file: "db-backup.yml", cron: FOUR_HOURLY }]));
  const [small, large] = months.map(({ used, above }) =>
    `${whole(used.egress)} GB of egress, ${whole(used.minutes)} minutes, ${
      money(above)
    } above the included quotas`
  );
  expect(page.replaceAll(/\s+/g, " ")).toContain(`at 1 GB ${small}; at 9.6 GB ${large}`);
});

it("a small database takes less than 250 minutes a month, and the hourly watchdog what production.md states", () => {
  expect(MONTHS[0]?.used.minutes).toBeLessThan(250);
  const more = runsOf("23 * * * *") - runsOf("23 */6 * * *");
  expect(production).toContain(
    `${whole(more)} more minutes a month, ${money(more * PRICE.minute)} at list price`,
  );
});
