/** Usual durations of runs, measured from the last ones that succeeded. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const durationsSchema = z.array(z.object({
  kind: z.string(),
  target: z.string(),
  samples: z.number(),
  p50_ms: z.number(),
  p90_ms: z.number(),
}));

export function durationsQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.durations,
    queryFn: ({ signal }) => gateway.read("ops_db_backup_durations", {}, durationsSchema, signal),
    staleTime: 300_000,
  });
}

export function useDurations() {
  return useQuery(durationsQuery(useGateway()));
}
