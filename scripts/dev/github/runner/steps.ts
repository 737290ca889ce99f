/** Runs steps one after another, for jobs and composite actions. */
import { holds, toBoolean, toMinutes, toText, toTexts } from "../workflow/expressions.ts";
import { isLocalAction } from "../workflow/load.ts";
import type { RunStep, Step, UsesStep } from "../workflow/model.ts";
import { Expression } from "../workflow/tree.ts";
import type { Conclusion } from "../store.ts";
import { outputsOf, prepareComposite } from "./composite.ts";
import { type Frame, scopeOf, type StepResult } from "./frame.ts";
import { runScript } from "./script.ts";
import type { JobSession } from "./session.ts";
import { watch } from "./watch.ts";

/** Reported for each step of a job when it begins and when it ends. */
export interface StepObserver {
  begin(index: number, name: string): void;
  end(index: number, conclusion: Conclusion): void;
}

/** Runs the steps; `frame` contains their results afterwards. */
export async function runSteps(
  session: JobSession,
  steps: readonly Step[],
  frame: Frame,
  observer?: StepObserver,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    if (frame.signal.aborted) return;
    observer?.begin(index, shownTitle(session, step, frame));
    const result = await runStep(session, step, frame);
    if (step.id !== undefined) frame.results[step.id] = result;
    if (result.conclusion === "failure") frame.failed = true;
    observer?.end(index, result.conclusion);
  }
}

/** The name of a step in lists. */
export function stepTitle(step: Step): string {
  if (typeof step.name === "string") return step.name;
  if ("uses" in step) return `Run ${step.uses}`;
  const script = step.run instanceof Expression ? step.run.text : String(step.run);
  return `Run ${script.trim().split("\n")[0]}`;
}

/** The name with its expressions evaluated; if that fails, the plain one, as on GitHub. */
function shownTitle(session: JobSession, step: Step, frame: Frame): string {
  if (!(step.name instanceof Expression)) return stepTitle(step);
  try {
    return toText(step.name, scopeOf(session, frame, frame.env));
  } catch {
    return stepTitle(step);
  }
}

async function runStep(session: JobSession, step: Step, frame: Frame): Promise<StepResult> {
  try {
    const env = { ...frame.env, ...toTexts(step.env ?? {}, scopeOf(session, frame, frame.env)) };
    const scope = () => scopeOf(session, frame, env);
    if (!holds(step.if, scope())) return { outcome: "skipped", conclusion: "skipped", outputs: {} };
    const { outcome, outputs } = await attempt(session, step, frame, env);
    const forgiven = outcome === "failure" && toBoolean(step["continue-on-error"], scope());
    return { outcome, conclusion: forgiven ? "success" : outcome, outputs };
  } catch (error) {
    session.record.log.write(`##[error]${error instanceof Error ? error.message : String(error)}`);
    return { outcome: "failure", conclusion: "failure", outputs: {} };
  }
}

async function attempt(
  session: JobSession,
  step: Step,
  frame: Frame,
  env: Record<string, string>,
): Promise<Pick<StepResult, "outcome" | "outputs">> {
  const scope = () => scopeOf(session, frame, env);
  const minutes = toMinutes(step["timeout-minutes"], scope(), Infinity);
  const stop = watch(session, minutes, () => holds(step.if, scope()));
  const signal = AbortSignal.any([stop.signal, frame.signal]);
  try {
    const { code, outputs } = "uses" in step
      ? await runUses(session, step, frame, env, signal)
      : await runRun(session, step, frame, env, signal);
    if (stop.reason() === "timed out") {
      throw new Error(`The action '${stepTitle(step)}' has timed out after ${minutes} minutes.`);
    }
    if (signal.aborted) return { outcome: "cancelled", outputs };
    if (code !== 0) session.record.log.write(`##[error]Process completed with exit code ${code}.`);
    return { outcome: code === 0 ? "success" : "failure", outputs };
  } finally {
    stop.end();
  }
}

async function runRun(
  session: JobSession,
  step: RunStep,
  frame: Frame,
  env: Record<string, string>,
  signal: AbortSignal,
) {
  const scope = scopeOf(session, frame, env);
  const text = toText(step.run, scope);
  session.record.log.write(`##[group]Run ${text.trim().split("\n")[0]}`);
  session.record.log.write("##[endgroup]");
  return await runScript(session, {
    text,
    shell: step.shell ?? frame.shell,
    workingDirectory: toText(step["working-directory"] ?? frame.workingDirectory, scope),
    env: { ...session.env, ...env },
    signal,
  });
}

async function runUses(
  session: JobSession,
  step: UsesStep,
  frame: Frame,
  env: Record<string, string>,
  signal: AbortSignal,
) {
  const { log } = session.record;
  log.write(`##[group]Run ${step.uses}`);
  log.write("##[endgroup]");
  if (!isLocalAction(step.uses)) {
    log.write(
      `The local GitHub does nothing for ${step.uses}: the workspace and its tools are there already.`,
    );
    return { code: 0, outputs: {} };
  }
  const composite = await prepareComposite(session, step, scopeOf(session, frame, env), env, signal);
  await runSteps(session, composite.action.runs.steps, composite.frame);
  return { code: composite.frame.failed ? 1 : 0, outputs: outputsOf(session, composite) };
}
