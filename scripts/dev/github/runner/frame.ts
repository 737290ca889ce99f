/** The state of a list of steps, and the contexts of their expressions. */
import type { Scope, StatusAnswers, Value } from "../workflow/expressions.ts";
import type { Scalar } from "../workflow/tree.ts";
import type { Conclusion } from "../store.ts";
import type { JobSession } from "./session.ts";

/** How a step ended. */
export type StepResult = {
  /** Before and after `continue-on-error`. */
  outcome: Conclusion;
  conclusion: Conclusion;
  outputs: Record<string, string>;
};

/** The steps of a job, or of a composite action inside it. */
export interface Frame {
  /** Contexts that differ from the job's. */
  contexts: Readonly<Record<string, Value>>;
  /** Variables of the step that called the composite action. */
  env: Readonly<Record<string, string>>;
  workingDirectory: Scalar;
  /** For scripts without a shell of their own. */
  shell: "bash" | undefined;
  /** Aborted when the step that called the composite action has ended. */
  signal: AbortSignal;
  results: Record<string, StepResult>;
  failed: boolean;
}

/** The current contexts of a step's expressions. */
export function scopeOf(session: JobSession, frame: Frame, env: Readonly<Record<string, string>>): Scope {
  const { requested } = session.cancellation;
  const status: StatusAnswers = {
    success: !frame.failed && !requested,
    failure: frame.failed && !requested,
    cancelled: requested,
  };
  return {
    contexts: {
      ...session.contexts,
      ...frame.contexts,
      env: { ...session.env, ...env },
      job: { status: requested ? "cancelled" : frame.failed ? "failure" : "success" },
      steps: frame.results,
    },
    status,
  };
}
