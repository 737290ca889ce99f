/** The newest runs, polled while one of them is active. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { isActive, runSchema } from "@backup/runs/run.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { pollDelay } from "./poll.ts";
import { queryDefaults } from "./query_defaults.ts";

/** More than can be active at once. */
export const LIVE_SIZE = 30;
const runsSchema = z.array(runSchema);

export function liveRunsQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.liveRuns,
    queryFn: ({ signal }) =>
      gateway.read("ops_db_backup_runs_list", { p_limit: LIVE_SIZE }, runsSchema, signal),
    retry: false,
    refetchOnReconnect: "always",
    // for the notification at the end
    refetchIntervalInBackground: globalThis.Notification?.permission === "granted",
    refetchInterval: ({ state }) =>
      state.data?.some((run) => isActive(run.status)) ? pollDelay(state) : false,
  });
}

export function useLiveRuns() {
  // a component that loads later gets the result: what it will read is not known when the query fails
  return useQuery({ ...liveRunsQuery(useGateway()), notifyOnChangeProps: "all" });
}
