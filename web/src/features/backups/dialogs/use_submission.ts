import { useRef } from "react";
import type { Dispatched } from "@backup/api.ts";
import { type RunRequest, useRequestRun } from "../data/request_run.ts";
import { type ScreenError, toScreenError } from "../data/screen_error.ts";
import { createIntent, type Intent } from "../model/intent.ts";

type WithoutRequestId<T> = T extends unknown ? Omit<T, "request_id"> : never;

export interface Submission {
  /** Sends the request unless one is pending; a repetition after a timeout keeps its id. */
  submit(request: WithoutRequestId<RunRequest>): void;
  pending: boolean;
  error: ScreenError | null;
  /** Clears the last error. */
  reset(): void;
}

/** Requests a run at most once, despite double clicks and lost responses. */
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
          const { code, unclear } = toScreenError(error);
          // the same request starts the restore once a second user approved it
          if (!unclear && code !== "approval_required") intent.settle();
        },
      });
    },
    pending: request.isPending,
    error: request.isError ? toScreenError(request.error) : null,
    reset: request.reset,
  };
}

/** An intent for the lifetime of the component. */
function useIntent(): Intent {
  const intent = useRef<Intent | null>(null);
  return intent.current ??= createIntent(() => crypto.randomUUID());
}
