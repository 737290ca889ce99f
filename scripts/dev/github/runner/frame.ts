/** The state of a list of steps, and what their expressions see of it. */
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
  /** For scripts that name none. */
  shell: "bash" | undefined;
  /** Aborted: the step that called the composite action is over. */
  signal: AbortSignal;
  results: Record<string, StepResult>;
  failed: boolean;
}

/** What the expressions of a step see, at this moment. */
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
