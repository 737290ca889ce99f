/** The end of the log of a run that failed, from GitHub. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { logAnswerSchema } from "@backup/api.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

function runLogQuery(gateway: Gateway, requestId: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.runLog(requestId),
    queryFn: () => gateway.ask({ action: "log", request_id: requestId }, logAnswerSchema),
    staleTime: Infinity,
    retry: false,
  });
}

export function useRunLog(requestId: string) {
  return useQuery(runLogQuery(useGateway(), requestId));
}
