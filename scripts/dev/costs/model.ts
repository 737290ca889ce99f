/**
 * What a month of backups costs, out of public prices, sizes that were measured and the retention that the product
 * has. Pure: the figures in docs/costs.md are this file's.
 */
import { z } from "zod";
import { planRetention } from "@backup/retention/retention.ts";
import { type RetentionBackup, type RetentionPolicy } from "@backup/retention/policy.ts";
import { SCHEDULES } from "@backup/runs/schedules.ts";
import { choosePartSize } from "../../lib/vault/vault.ts";

/** prices.json: public prices without tax, with the day on which somebody looked. */
export const pricesSchema = z.object({
  currency: z.literal("USD"),
  looked_up: z.iso.date(),
  r2: z.object({
    source: z.url(),
    gb_month: z.number(),
    million_class_a: z.number(),
    million_class_b: z.number(),
    included_gb_month: z.number(),
    included_class_a: z.number(),
    included_class_b: z.number(),
  }),
  egress: z.object({ source: z.url(), gb: z.number(), included_gb: z.number() }),
  runner: z.object({ source: z.url(), minute: z.number(), included_minutes: z.number() }),
  pitr: z.object({ source: z.url(), seven_days_month: z.number() }),
});
export type Prices = z.infer<typeof pricesSchema>;

/** One database's backup, in bytes and seconds. */
export interface Measured {
  /** What leaves the database for one backup: the archive before compression. */
  rawBytes: number;
  /** What lies in the vault. */
  storedBytes: number;
  /** Of one backup and one restore, where nothing has to travel far. */
  backupSeconds: number;
  restoreSeconds: number;
}

/** What nobody has measured on GitHub and the table rests on; it is printed above it. */
export const ASSUMED = {
  /** A job's machine, checkout, programs. */
  setupSeconds: 45,
  /** Between GitHub, Supabase and R2; slower than any of the programs. */
  bytesPerSecond: 25e6,
  /** Calls of one look into the vault, of watchdog, pruning or drill: lists, manifests, receipts. */
  callsPerLook: 50,
} as const;

const DAY_MS = 86_400_000;
const DAYS_A_MONTH = 365.25 / 12;
const GB = 1e9;

/**
 * How many backups lie in the vault on a mean day of the third year: one a day, the newest proven every Sunday, and
 * what retention says goes. The safety copies that it keeps are added: some restores there always were.
 */
export function backupsKept(policy: RetentionPolicy): { mean: number; most: number } {
  const begun = Date.UTC(2026, 0, 1, 3, 10);
  let kept: RetentionBackup[] = [];
  const counts: number[] = [];
  for (let day = 0; day < 3 * 365; day++) {
    const now = new Date(begun + day * DAY_MS);
    kept = [backupOf(now), ...kept];
    if (now.getUTCDay() === 0) kept = kept.map((it, i) => i === 0 ? { ...it, provenAt: it.createdAt } : it);
    const later = new Date(now.getTime() + 3.5 * 3_600_000);
    const decided = planRetention(kept, policy, later, { inUse: new Set() });
    kept = kept.filter((_, i) => decided[i]?.keep);
    if (day >= 2 * 365) counts.push(kept.length + policy.safety);
  }
  return { mean: counts.reduce((sum, it) => sum + it, 0) / counts.length, most: Math.max(...counts) };
}

function backupOf(at: Date): RetentionBackup {
  const createdAt = at.toISOString();
  return {
    key: createdAt,
    createdAt,
    target: "prod",
    mode: "full",
    label: null,
    origin: "schedule",
    bytes: null,
    provenAt: null,
    holdUntil: null,
    holdReason: null,
  };
}

/** How often a month each scheduled workflow runs. */
export function runsAMonth(): Record<string, number> {
  return Object.fromEntries(SCHEDULES.map(({ file, cron }) => [file, timesAMonth(cron)]));
}

/** @example timesAMonth("10 3 * * *") // 30.4 */
function timesAMonth(cron: string): number {
  const [, hour, day, , weekday] = cron.split(" ");
  if (hour === "*") return 24 * DAYS_A_MONTH;
  if (day !== "*") return 1;
  return weekday === "*" ? DAYS_A_MONTH : DAYS_A_MONTH / 7;
}

export interface Month {
  storedGb: number;
  classA: number;
  classB: number;
  egressGb: number;
  minutes: number;
}

/** What a month uses up. */
export function usedInAMonth(measured: Measured, kept: number): Month {
  const runs = runsAMonth();
  const times = (file: string) => runs[file] ?? 0;
  const backups = times("db-backup.yml");
  const all = Object.values(runs).reduce((sum, it) => sum + it, 0);
  const parts = Math.ceil(measured.storedBytes / choosePartSize(measured.storedBytes));
  const minutes = minutesOf(measured);
  return {
    storedGb: kept * measured.storedBytes / GB,
    classA: backups * (parts + 6) + all * ASSUMED.callsPerLook,
    classB: all * ASSUMED.callsPerLook,
    egressGb: backups * measured.rawBytes / GB,
    minutes: Object.entries(runs).reduce((sum, [file, count]) => sum + count * (minutes[file] ?? 1), 0),
  };
}

/** GitHub counts begun minutes. */
function minutesOf(measured: Measured): Record<string, number> {
  const { setupSeconds, bytesPerSecond } = ASSUMED;
  const minutes = (seconds: number) => Math.ceil((setupSeconds + seconds) / 60);
  const download = measured.storedBytes / bytesPerSecond;
  // out of the database, whole into the vault meanwhile, and read back from it
  const dump = Math.max(measured.backupSeconds, measured.rawBytes / bytesPerSecond);
  return {
    "db-backup.yml": minutes(dump + download),
    "db-backup-restore-drill.yml": minutes(download + 2 * measured.restoreSeconds),
  };
}

export interface Bill {
  storage: number;
  calls: number;
  egress: number;
  minutes: number;
  total: number;
}

/** @param shared whether the quotas that every account has are still free: `false` when others use them up. */
export function billOf(month: Month, { r2, egress, runner }: Prices, shared: boolean): Bill {
  const above = (used: number, included: number) => Math.max(0, used - (shared ? included : 0));
  const bill = {
    storage: above(month.storedGb, r2.included_gb_month) * r2.gb_month,
    calls: above(month.classA, r2.included_class_a) / 1e6 * r2.million_class_a +
      above(month.classB, r2.included_class_b) / 1e6 * r2.million_class_b,
    egress: above(month.egressGb, egress.included_gb) * egress.gb,
    minutes: above(month.minutes, runner.included_minutes) * runner.minute,
  };
  return { ...bill, total: bill.storage + bill.calls + bill.egress + bill.minutes };
}

/** The same database, so many times as large. */
export function scaled(measured: Measured, factor: number): Measured {
  return {
    rawBytes: measured.rawBytes * factor,
    storedBytes: measured.storedBytes * factor,
    backupSeconds: measured.backupSeconds * factor,
    restoreSeconds: measured.restoreSeconds * factor,
  };
}
