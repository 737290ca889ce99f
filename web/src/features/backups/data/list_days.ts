/** What each of the last days brought, oldest first, days without anything too. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import type { Target } from "@backup/target.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const RENEW_MS = 60_000;

const daySchema = z.object({
  /** `2026-11-24`, in the time zone that was asked for. */
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
export type BackupDay = z.infer<typeof daySchema>;
const daysSchema = z.array(daySchema);

export interface DaysWanted {
  target: Target;
  count: number;
  timeZone: string;
}

export function daysQuery(gateway: Gateway, { target, count, timeZone }: DaysWanted) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.days(target, count, timeZone),
    queryFn: ({ signal }) => {
      const args = { p_target: target, p_days: count, p_time_zone: timeZone };
      return gateway.read("ops_db_backup_days", args, daysSchema, signal);
    },
    staleTime: RENEW_MS,
  });
}

export function useDays(wanted: DaysWanted) {
  return useQuery(daysQuery(useGateway(), wanted));
}
