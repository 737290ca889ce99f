/** Requests the cancellation of a run. */

import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { type CancelAnswer, cancelAnswerSchema } from "@backup/api.ts";
import { useGateway } from "./gateway.tsx";
import { notifyOtherTabs } from "./other_tabs.ts";
import { keys } from "./keys.ts";

/** The run stays active until its script has rolled back. */
export function useCancelRun(onAccepted: (answer: CancelAnswer) => void) {
  const gateway = useGateway();
  const cache = useQueryClient();
  return useMutation({
    mutationKey: keys.cancel,
    networkMode: "always",
    mutationFn: (requestId: string) =>
      gateway.ask({ action: "cancel", request_id: requestId }, cancelAnswerSchema),
    onSuccess: onAccepted,
    onSettled: () => {
      void cache.invalidateQueries({ queryKey: keys.runs });
      notifyOtherTabs();
    },
  });
}

/** Whether a cancellation of this run was accepted; its script may still be rolling back. */
export function useCancelRequested(requestId: string): boolean {
  const requested = useMutationState({
    filters: { mutationKey: keys.cancel, status: "success" },
    select: ({ state }) => state.variables,
  });
  return requested.includes(requestId);
}
