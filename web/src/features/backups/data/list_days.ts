/** The last days of a target, oldest first, including days without any run. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import type { Target } from "@backup/target.ts";
import { backupDaySchema } from "../model/backup_day.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const RENEW_MS = 60_000;

const daysSchema = z.array(backupDaySchema);

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
