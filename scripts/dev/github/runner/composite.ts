/** Composite actions of the repository: a list of steps with its own inputs and outputs. */
import { join } from "node:path";
import { type Scope, toText, toTexts, type Value } from "../workflow/expressions.ts";
import { loadAction } from "../workflow/load.ts";
import type { CompositeAction, UsesStep } from "../workflow/model.ts";
import { type Frame, scopeOf } from "./frame.ts";
import type { JobSession } from "./session.ts";

/** A composite action that is about to run. */
export interface Composite {
  action: CompositeAction;
  frame: Frame;
}

/**
 * Reads the action that a step names and prepares its frame.
 * @param env of the calling step
 * @param signal aborted when the calling step has ended
 * @throws {Error} for an input that the action does not declare.
 */
export async function prepareComposite(
  session: JobSession,
  step: UsesStep,
  scope: Scope,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Composite> {
  const { workspace } = session.request.settings;
  const action = await loadAction(workspace, step.uses);
  const path = join(workspace, step.uses);
  const github = session.contexts.github;
  const frame: Frame = {
    contexts: {
      inputs: inputsOf(step, action, scope),
      github: isMap(github) ? { ...github, action_path: path } : null,
    },
    env: { ...env, GITHUB_ACTION_PATH: path },
    workingDirectory: null,
    shell: undefined,
    signal,
    results: {},
    failed: false,
  };
  return { action, frame };
}

/** The outputs of the action, after its steps have run. */
export function outputsOf(session: JobSession, { action, frame }: Composite): Record<string, string> {
  const values = Object.entries(action.outputs).map(([name, { value }]) => [name, value] as const);
  return toTexts(Object.fromEntries(values), scopeOf(session, frame, frame.env));
}

function inputsOf(step: UsesStep, action: CompositeAction, scope: Scope): Record<string, string> {
  const given = toTexts(step.with ?? {}, scope);
  const unexpected = Object.keys(given).filter((name) => !Object.hasOwn(action.inputs, name));
  if (unexpected.length > 0) {
    throw new Error(`Unexpected input(s) '${unexpected.join("', '")}' for ${step.uses}`);
  }
  const declared = Object.entries(action.inputs);
  return Object.fromEntries(
    declared.map(([name, input]) => [name, given[name] ?? toText(input.default ?? null, scope)]),
  );
}

function isMap(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
