/** What happens next, from the schedules, and what the vault holds. */

import { FOUR_HOURLY, nextDue, type ScheduledWorkflow, SCHEDULES } from "@backup/runs/schedules.ts";
import { storageUsd } from "@backup/vault/price.ts";
import { formatBytes, formatCounted, formatDay, formatTime, formatUsd } from "../../../lib/format.ts";

const DAY_MS = 86_400_000;

/** So many scheduled backups within a day are made every four hours: a daily one may be late and the next in time. */
const SEVERAL_A_DAY = 3;

/**
 * When the schedule makes the next backup, as {@link nextStart} says it.
 * @param scheduled when it made the last three, newest first
 */
export function nextBackup(scheduled: readonly string[], now: Date, timeZone?: string): string {
  const daily = nextStart("db-backup.yml", now, timeZone);
  const first = Date.parse(scheduled[SEVERAL_A_DAY - 1] ?? "");
  if (!(now.getTime() - first < DAY_MS)) return daily;
  const between = nextDue(FOUR_HOURLY, now);
  return between < dueOf("db-backup.yml", now) ? said(between, now, timeZone) : daily;
}

/** `hoje, 23:10`, `amanhã, 00:10`, `domingo, 02:30`, in the reader's time zone or the given one. */
export function nextStart(file: ScheduledWorkflow, now: Date, timeZone?: string): string {
  return said(dueOf(file, now), now, timeZone);
}

function dueOf(file: ScheduledWorkflow, now: Date): Date {
  return nextDue(SCHEDULES.find((each) => each.file === file)?.cron ?? "", now);
}

function said(due: Date, now: Date, timeZone?: string): string {
  const day = calendarDay(due, timeZone);
  const near: Record<string, string> = {
    [calendarDay(now, timeZone)]: "hoje",
    [calendarDay(new Date(now.getTime() + DAY_MS), timeZone)]: "amanhã",
  };
  return `${near[day] ?? formatDay(day).split(",")[0]}, ${formatTime(due, timeZone)}`;
}

/** `2026-11-24` */
function calendarDay(instant: Date, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone }).format(instant);
}

/** `61 backups, 1,9 GB, cerca de US$ 0,03 por mês`. */
export function vaultText({ count, bytes }: { count: number; bytes: number }): string {
  const size = formatCounted(count, "backup", "backups");
  return count === 0 ? "nada ainda" : `${size}, ${formatBytes(bytes)}, ${monthly(storageUsd(bytes))}`;
}

function monthly(usd: number): string {
  return usd < 0.005 ? "menos de um centavo de dólar por mês" : `cerca de ${formatUsd(usd)} por mês`;
}
