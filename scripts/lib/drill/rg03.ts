/** Runs rg03 as an operator would, and reads each assertion's verdict from what psql prints. */
import { fileURLToPath } from "node:url";
import type { DrillCheck } from "@backup/vault/receipt.ts";
import { describeFailure, type Stage, startPipeline } from "../process/pipeline.ts";
import { type CheckGroup, type CheckOutcome, type DrillDatabase, fail, pass } from "./check.ts";
import { toSeconds } from "./phase_times.ts";

const FILE = fileURLToPath(new URL("../../rg03_db_asserts.sql", import.meta.url));
/** psql's `psql:file:line: NOTICE:  ` is before it. */
const VERDICT = /(PASS|FAIL) (\w+) \((\d+) ms\)(?:: (.*))?$/gm;

export const rg03Checks: CheckGroup = {
  names: [
    "permission_functions_exist",
    "backup_catalog_closed_to_anon",
    "policies_are_in_force",
    "indexes_are_valid",
    "foreign_keys_without_orphans",
    "sequences_ahead_of_their_columns",
  ],
  run: async (database) => {
    const { output, failure } = await runAsserts(FILE, database);
    const outcomes = readVerdicts(output);
    const missing = `rg03 did not come to it: ${failure ?? output}`.slice(0, 2000);
    return new Map<DrillCheck, CheckOutcome>(
      rg03Checks.names.map((name) => [name, outcomes.get(name) ?? fail(missing)]),
    );
  },
};

/** Runs a file of assertions with psql, in a transaction that is rolled back unless the file commits it. */
export async function runAsserts(
  file: string,
  { tools, owner, fault, signal }: DrillDatabase,
): Promise<{ output: string; failure: string | null }> {
  const begin = `begin; ${fault ?? ""}`;
  const stages: Stage[] = [[tools.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", begin, "-f", file]];
  const pipeline = startPipeline(stages, { env: owner.env, signal });
  for await (const _ of pipeline.stdout);
  const end = await pipeline.ended;
  return { output: end.stderr, failure: describeFailure(stages, end) };
}

/** The verdicts in psql's output, by the assertion's name. */
export function readVerdicts(output: string): Map<string, CheckOutcome> {
  return new Map([...output.matchAll(VERDICT)].map(([, verdict, name = "", ms, found = ""]) => {
    const outcome = verdict === "PASS" ? pass("holds") : fail(found);
    return [name, { ...outcome, seconds: toSeconds(Number(ms)) }];
  }));
}
