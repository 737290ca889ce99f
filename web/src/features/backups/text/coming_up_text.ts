/** What happens next, from the schedules, and what the vault holds. */

import { nextDue, type ScheduledWorkflow, SCHEDULES } from "@backup/runs/schedules.ts";
import { storageUsd } from "@backup/vault/price.ts";
import { formatBytes, formatCounted, formatDay, formatTime, formatUsd } from "../../../lib/format.ts";

const DAY_MS = 86_400_000;

/** `hoje, 23:10`, `amanhã, 00:10`, `domingo, 02:30`, in the reader's time zone or the given one. */
export function nextStart(file: ScheduledWorkflow, now: Date, timeZone?: string): string {
  const cron = SCHEDULES.find((each) => each.file === file)?.cron ?? "";
  const due = nextDue(cron, now);
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
