import type { Dispatched } from "@backup/api.ts";
import { type RunRequest, useRequestRun } from "../data/request_run.ts";
import { type ScreenError, toScreenError } from "../data/screen_error.ts";
import { useIntent } from "../model/intent.ts";

type Unnumbered<T> = T extends unknown ? Omit<T, "request_id"> : never;

export interface Submission {
  /** Sends the request unless one is on its way; the same request after silence keeps its id. */
  submit(request: Unnumbered<RunRequest>): void;
  pending: boolean;
  error: ScreenError | null;
  /** Forgets the last error. */
  reset(): void;
}

/** Asks for a run exactly once, whatever the network and the fingers do. */
export function useSubmission(onAccepted: (answer: Dispatched) => void): Submission {
  const intent = useIntent();
  const request = useRequestRun((answer) => {
    intent.settle();
    onAccepted(answer);
  });
  return {
    submit(body) {
      if (request.isPending) return;
      request.mutate({ ...body, request_id: intent.idFor(body) }, {
        onError: (error) => {
          if (!toScreenError(error).unclear) intent.settle();
        },
      });
    },
    pending: request.isPending,
    error: request.isError ? toScreenError(request.error) : null,
    reset: request.reset,
  };
}
