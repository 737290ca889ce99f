/** A run as GitHub shows it, read and cancelled with its pass while the catalog does not answer. */

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type PassAnswer, passAnswerSchema } from "@backup/api.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";
import type { KeptRun } from "./run_passes.ts";

const READ_EVERY_MS = 5_000;

function githubRunQuery(gateway: Gateway, { request_id, pass }: KeptRun) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.githubRun(request_id),
    queryFn: () => gateway.ask({ action: "status", request_id }, passAnswerSchema, pass.token),
    retry: false,
    refetchInterval: ({ state }) => hasEnded(state.data) ? false : READ_EVERY_MS,
  });
}

/** Whether GitHub calls the run completed. */
export function hasEnded(answer: PassAnswer | undefined): boolean {
  const github = answer?.github;
  return github !== undefined && "known" in github && github.known && github.status === "completed";
}

/** Reads the run until GitHub calls it completed. */
export function useGitHubRun(run: KeptRun) {
  return useQuery(githubRunQuery(useGateway(), run));
}

/** Cancels the run at GitHub; the answer has what GitHub did about it. */
export function useCancelAtGitHub({ request_id, pass }: KeptRun) {
  const gateway = useGateway();
  const cache = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: () => gateway.ask({ action: "cancel", request_id }, passAnswerSchema, pass.token),
    onSuccess: (answer) => cache.setQueryData(keys.githubRun(request_id), answer),
  });
}
