/** Makes the function check an active run at GitHub, so that a dead run is not shown as active. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { statusAnswerSchema } from "@backup/api.ts";
import type { Run } from "@backup/runs/run.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";
import { keepRunPass } from "./run_passes.ts";

const CHECK_EVERY_MS = 10_000;

export function runStatusQuery(gateway: Gateway, requestId: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.runStatus(requestId),
    queryFn: async () => {
      const answer = await gateway.ask({ action: "status", request_id: requestId }, statusAnswerSchema);
      keepRunPass(answer.run, answer.run_pass, new Date());
      return answer;
    },
    retry: false,
    refetchInterval: CHECK_EVERY_MS,
  });
}

/** Starts `CHECK_EVERY_MS` after the run was requested: GitHub has no information earlier. */
export function useRunStatus(run: Run, now: Date) {
  const age = now.getTime() - Date.parse(run.created_at);
  return useQuery({ ...runStatusQuery(useGateway(), run.request_id), enabled: age >= CHECK_EVERY_MS });
}
