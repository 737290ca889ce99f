/** Whether what backups need is in place: what the unattended checks saw last, and a look right now. */

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
    // only when somebody asks: it calls GitHub
    enabled: false,
    staleTime: Infinity,
  });
}

/** Has the function look now, with `refetch`. */
export function useHealth() {
  return useQuery(healthQuery(useGateway()));
}
