/** Runs every check, one after the other. A check that fails does not stop the others. */
import { toBackupError } from "@backup/errors.ts";
import type { CheckResult, DrillCheck } from "@backup/vault/receipt.ts";
import { type CheckGroup, type CheckOutcome, type DrillDatabase, fail, skipped } from "./check.ts";
import { toSeconds } from "./phase_times.ts";
import { isEnvironmental } from "./failed_check.ts";

/**
 * @param clock monotonic, in milliseconds
 * @throws {BackupError} an error that the backup does not cause: the server is gone, the drill was cancelled.
 */
export async function runChecks(
  groups: readonly CheckGroup[],
  database: DrillDatabase,
  clock: () => number,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const group of groups) {
    const isEmpty = results.some(({ name, verdict }) => name === "not_empty" && verdict === "FAIL");
    if (isEmpty) results.push(...skipAll(group.names, "the backup is empty: nothing can be shown"));
    else results.push(...await runGroup(group, database, clock));
  }
  return results;
}

function skipAll(names: readonly DrillCheck[], reason: string): CheckResult[] {
  return names.map((name) => ({ name, ...skipped(reason), seconds: 0 }));
}

async function runGroup(
  group: CheckGroup,
  database: DrillDatabase,
  clock: () => number,
): Promise<CheckResult[]> {
  const startedAt = clock();
  const outcomes = await outcomesOf(group, database);
  const seconds = toSeconds(clock() - startedAt);
  // they are read together: the first has the time of all
  return group.names.map((name, i) => ({
    name,
    seconds: i === 0 ? seconds : 0,
    ...outcomes.get(name) ?? fail("the check has no outcome"),
  }));
}

async function outcomesOf(
  group: CheckGroup,
  database: DrillDatabase,
): Promise<Map<DrillCheck, CheckOutcome>> {
  try {
    return await group.run(database);
  } catch (thrown) {
    const error = toBackupError(thrown);
    if (database.signal?.aborted || isEnvironmental(error)) throw error;
    const outcome = fail(`cannot be checked: ${error.message}`);
    return new Map(group.names.map((name) => [name, outcome]));
  }
}
