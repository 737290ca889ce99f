/** How long runs like this one usually take, measured from the last ones of its size that succeeded. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const usualDurationSchema = z.object({
  samples: z.number(),
  p50_ms: z.number().nullable(),
  p90_ms: z.number().nullable(),
});

function usualDurationQuery(gateway: Gateway, requestId: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.usualDuration(requestId),
    queryFn: ({ signal }) =>
      gateway.read("ops_db_backup_usual_duration", { p_request_id: requestId }, usualDurationSchema, signal),
    staleTime: Infinity,
  });
}

export function useUsualDuration(requestId: string) {
  return useQuery(usualDurationQuery(useGateway(), requestId));
}
