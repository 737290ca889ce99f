/** Asks every check, one after the other: what one finds, or fails at, stops none of the others. */
import { toBackupError } from "@backup/errors.ts";
import type { CheckResult, DrillCheck } from "@backup/vault/receipt.ts";
import { type Answer, type CheckGroup, fail, type Restored, skipped } from "./check.ts";
import { toSeconds } from "./phase_times.ts";
import { isEnvironmental } from "./refusals.ts";

/**
 * @param clock milliseconds that only grow
 * @throws {BackupError} what says nothing about the backup: the server is gone, the drill was cancelled.
 */
export async function runChecks(
  groups: readonly CheckGroup[],
  restored: Restored,
  clock: () => number,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const group of groups) {
    const isEmpty = results.some(({ name, verdict }) => name === "not_empty" && verdict === "FAIL");
    if (isEmpty) results.push(...skipAll(group.names, "the backup is empty: nothing can be shown"));
    else results.push(...await runGroup(group, restored, clock));
  }
  return results;
}

function skipAll(names: readonly DrillCheck[], reason: string): CheckResult[] {
  return names.map((name) => ({ name, ...skipped(reason), seconds: 0 }));
}

async function runGroup(
  group: CheckGroup,
  restored: Restored,
  clock: () => number,
): Promise<CheckResult[]> {
  const startedAt = clock();
  const answers = await ask(group, restored);
  const seconds = toSeconds(clock() - startedAt);
  // one look answers them all: its time is the first one's
  return group.names.map((name, i) => ({
    name,
    seconds: i === 0 ? seconds : 0,
    ...answers.get(name) ?? fail("the check gave no answer"),
  }));
}

async function ask(group: CheckGroup, restored: Restored): Promise<Map<DrillCheck, Answer>> {
  try {
    return await group.ask(restored);
  } catch (thrown) {
    const error = toBackupError(thrown);
    if (restored.signal?.aborted || isEnvironmental(error)) throw error;
    const answer = fail(`cannot be answered: ${error.message}`);
    return new Map(group.names.map((name) => [name, answer]));
  }
}
