/** Has the function look at GitHub for a run that is active, so that a dead one does not look alive. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { statusAnswerSchema } from "@backup/api.ts";
import type { Run } from "@backup/runs/run.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const LOOK_EVERY_MS = 10_000;

export function runStatusQuery(gateway: Gateway, requestId: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.runStatus(requestId),
    queryFn: () => gateway.ask({ action: "status", request_id: requestId }, statusAnswerSchema),
    retry: false,
    refetchInterval: LOOK_EVERY_MS,
  });
}

/** Begins `LOOK_EVERY_MS` after the run was asked for: until then GitHub has nothing to tell. */
export function useRunStatus(run: Run, now: Date) {
  const age = now.getTime() - Date.parse(run.created_at);
  return useQuery({ ...runStatusQuery(useGateway(), run.request_id), enabled: age >= LOOK_EVERY_MS });
}
