/** The state of what backups depend on: the last reports of the unattended checks, and a check on demand. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { healthAnswerSchema, reportSchema } from "@backup/api.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

export function reportsQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.reports,
    queryFn: ({ signal }) => gateway.read("ops_db_backup_reports_list", {}, z.array(reportSchema), signal),
  });
}

/** The last report of each unattended check. */
export function useReports() {
  return useQuery(reportsQuery(useGateway()));
}

export function healthQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.health,
    queryFn: () => gateway.ask({ action: "health" }, healthAnswerSchema),
    retry: false,
    // only on demand: it calls GitHub
    enabled: false,
    staleTime: Infinity,
  });
}

/** Runs the function's check with `refetch`. */
export function useHealth() {
  return useQuery(healthQuery(useGateway()));
}
