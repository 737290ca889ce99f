/** One day of the strip and the chart, as the catalog reports it. */

import { z } from "zod";
import { dayOf } from "../../../lib/day.ts";

export const backupDaySchema = z.object({
  /** `2026-11-24`, in the requested time zone. */
  day: z.iso.date(),
  made: z.number(),
  failed: z.number(),
  /** Of those made that day, how many a drill has restored since. */
  proven: z.number(),
  running: z.number(),
  drills: z.number(),
  restores: z.number(),
  /** Of the day's newest backup. */
  last_bytes: z.number().nullable(),
  last_rows: z.number().nullable(),
  last_at: z.string().nullable(),
});
export interface BackupDay extends z.infer<typeof backupDaySchema> {
  /** Of those made that day, how many a drill has rejected since. */
  rejected: number;
}

/** @param rejectedAt times of the backups that a drill rejected */
export function withRejected(
  days: readonly z.infer<typeof backupDaySchema>[],
  rejectedAt: readonly string[],
): BackupDay[] {
  const rejectedDays = rejectedAt.map((at) => dayOf(new Date(at)));
  return days.map((each) => ({ ...each, rejected: rejectedDays.filter((day) => day === each.day).length }));
}
