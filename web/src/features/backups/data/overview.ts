/** Summary of a target: its newest backup, its newest proof, the duration of a restore. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import type { Target } from "@backup/target.ts";
import { overviewSchema } from "../model/overview_facts.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const RENEW_MS = 60_000;

export function overviewQuery(gateway: Gateway, target: Target) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.overview(target),
    queryFn: ({ signal }) =>
      gateway.read("ops_db_backup_overview", { p_target: target }, overviewSchema, signal),
    staleTime: RENEW_MS,
  });
}

export function useOverview(target: Target) {
  return useQuery(overviewQuery(useGateway(), target));
}
