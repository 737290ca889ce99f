/** Four-hour slots, days, ISO weeks, months and years, all in UTC: a period is identified by the instant at which it begins. */

import { BACKUP_SLOT_MS, DAY_MS } from "../service_levels.ts";

export const PERIODS = ["daily", "weekly", "monthly", "yearly"] as const;
export type Period = (typeof PERIODS)[number];

/** Start of the period that contains an instant, in milliseconds; weeks start on Monday. */
export function periodStart(period: Period, instant: number): number {
  const date = new Date(instant);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (period) {
    case "daily":
      return Date.UTC(year, month, day);
    case "weekly":
      return Date.UTC(year, month, day - (date.getUTCDay() + 6) % 7);
    case "monthly":
      return Date.UTC(year, month, 1);
    case "yearly":
      return Date.UTC(year, 0, 1);
  }
}

/** Start of the four-hour slot that contains an instant, in milliseconds: at most one scheduled backup falls into each. */
export function slotStart(instant: number): number {
  return Math.floor(instant / BACKUP_SLOT_MS) * BACKUP_SLOT_MS;
}

/** Start of the period that is `count` periods after the one that begins at `start`. */
export function addPeriods(period: Period, start: number, count: number): number {
  const date = new Date(start);
  switch (period) {
    case "daily":
      return start + count * DAY_MS;
    case "weekly":
      return start + count * 7 * DAY_MS;
    case "monthly":
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1);
    case "yearly":
      return Date.UTC(date.getUTCFullYear() + count, 0, 1);
  }
}
