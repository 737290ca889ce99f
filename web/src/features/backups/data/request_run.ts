/** Requests a run. */

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Dispatched, dispatchedSchema, type StartRequest } from "@backup/api.ts";
import type { Run } from "@backup/runs/run.ts";
import { useGateway } from "./gateway.tsx";
import { notifyOtherTabs } from "./other_tabs.ts";
import { keys } from "./keys.ts";
import { keepRunPass } from "./run_passes.ts";

export type RunRequest = StartRequest & { request_id: string };

/** Never retried automatically: the user repeats it, with the same `request_id`. */
export function useRequestRun(onAccepted: (answer: Dispatched) => void) {
  const gateway = useGateway();
  const cache = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: (request: RunRequest) => gateway.ask(request, dispatchedSchema),
    onSuccess: (answer) => {
      showRun(cache, answer.run);
      keepRunPass(answer.run, answer.run_pass, new Date());
      onAccepted(answer);
    },
    // after a refusal too: the attempt may have created a failed run
    onSettled: () => {
      void cache.invalidateQueries({ queryKey: keys.runs });
      notifyOtherTabs();
    },
  });
}

/** Adds an accepted run to the cache before the next poll returns it. */
function showRun(cache: QueryClient, run: Run): void {
  cache.setQueryData<Run[]>(keys.liveRuns, (runs = []) => [
    run,
    ...runs.filter(({ request_id }) => request_id !== run.request_id),
  ]);
}
