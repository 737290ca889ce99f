/** The reports of both watches, as the catalog keeps them: how each sees when the other last reported, and what it sent. */
import { z } from "zod";
import type { Condition, WatchName } from "./conditions.ts";

/**
 * What the webhook accepted last from one watch, by condition: `material` is `materialOf` the alarm, `at` the round's time,
 * ISO 8601, or `""` where it is not known.
 */
const notifiedSchema = z.record(
  z.string(),
  z.object({ title: z.string(), material: z.string(), at: z.string().default("") }),
);
export type Notified = Readonly<z.infer<typeof notifiedSchema>>;

const watchReportSchema = z.object({
  at: z.string(),
  // `{}` for a report of an older version
  report: z.object({ notified: notifiedSchema }).catch({ notified: {} }),
});

/** `reports` of `ops_db_backup_watch_facts`. */
export const watchReportsSchema = z.object({
  watchdog: watchReportSchema.optional(),
  watch: watchReportSchema.optional(),
});
export type WatchReports = z.infer<typeof watchReportsSchema>;

export function otherWatch(name: WatchName): WatchName {
  return name === "watch" ? "watchdog" : "watch";
}

/** A round's result as its report states it. */
export interface RoundReport {
  target: string;
  checked_at: string;
  run_url: string | null;
  conditions: (Omit<Condition<string>, "material"> & { issue_url: string | null })[];
  unknown: readonly string[];
  /** Failed deliveries, each with its reason. */
  undelivered: readonly string[];
  notified: Notified;
}
