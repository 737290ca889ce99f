/**
 * When a rule will stop keeping a backup, if the schedules run as planned: one full backup a day, and a drill on
 * Sunday that proves the newest. The end of a rule that does not depend on a schedule is unknown: `null`.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../service_levels.ts";
import { addPeriods, type Period, periodStart, slotStart } from "./periods.ts";

/** Start of the daily backup and of Sunday's drill after midnight UTC: `cron` of their workflows. */
export const BACKUP_AT_MS = (3 * 60 + 10) * MINUTE_MS;
export const DRILL_AT_MS = (5 * 60 + 30) * MINUTE_MS;

/** The next scheduled runs, in milliseconds. */
export interface Routine {
  nextBackup: number;
  nextDrill: number;
}

export function routineAfter(now: number): Routine {
  const today = periodStart("daily", now);
  const nextBackup = today + BACKUP_AT_MS > now ? today + BACKUP_AT_MS : today + DAY_MS + BACKUP_AT_MS;
  const sunday = periodStart("weekly", now) + 6 * DAY_MS + DRILL_AT_MS;
  return { nextBackup, nextDrill: sunday > now ? sunday : sunday + 7 * DAY_MS };
}

/** When a backup is no longer among the `count` newest periods. */
export function endOfPlace(
  routine: Routine,
  place: { period: Period; start: number; rank: number; count: number; newestStart: number },
): number | null {
  const { period, start, rank, count, newestStart } = place;
  const coming = periodStart(period, routine.nextBackup);
  if (start > coming) return null; // dated in the future
  if (start === coming) return routine.nextBackup; // the next backup will represent this period
  const first = newestStart >= coming ? addPeriods(period, newestStart, 1) : coming;
  const pushedOutBy = addPeriods(period, first, count - rank - 1);
  return Math.max(routine.nextBackup, pushedOutBy + BACKUP_AT_MS);
}

/**
 * When the newest backup will be `hours` after the slot that begins at `start`. Additional backups between the daily ones
 * do not change the day: retention deletes once a day, after the daily backup.
 */
export function endOfSlot(routine: Routine, start: number, hours: number): number {
  const coming = slotStart(routine.nextBackup);
  const daysUntil = Math.ceil((start + hours * HOUR_MS - coming) / DAY_MS);
  return start === coming ? routine.nextBackup : routine.nextBackup + Math.max(0, daysUntil) * DAY_MS;
}

/** When a backup is no longer among the `count` newest. */
export function endOfRank(routine: Routine, rank: number, count: number): number {
  return routine.nextBackup + (count - rank - 1) * DAY_MS;
}

/** When a newer backup than the one of `createdAt` will have been proven. */
export function nextProofOver(routine: Routine, createdAt: number, newestAt: number): number {
  const proven = routine.nextBackup < routine.nextDrill ? routine.nextBackup : newestAt;
  return createdAt < proven ? routine.nextDrill : routine.nextDrill + 7 * DAY_MS;
}
