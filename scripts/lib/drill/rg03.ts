/** Runs rg03 as an operator would, and reads each assertion's verdict from what psql prints. */
import { fileURLToPath } from "node:url";
import type { DrillCheck } from "@backup/vault/receipt.ts";
import { describeFailure, type Stage, startPipeline } from "../process/pipeline.ts";
import { type Answer, type CheckGroup, fail, pass, type Restored } from "./check.ts";
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
  ask: async (restored) => {
    const { said, failure } = await runRg03(restored);
    const told = readVerdicts(said);
    const untold = `rg03 did not come to it: ${failure ?? said}`.slice(0, 2000);
    return new Map<DrillCheck, Answer>(
      rg03Checks.names.map((name) => [name, told.get(name) ?? fail(untold)]),
    );
  },
};

async function runRg03(
  { tools, owner, fault, signal }: Restored,
): Promise<{ said: string; failure: string | null }> {
  const planted = fault === undefined ? [] : ["-c", `begin; ${fault}`];
  const stages: Stage[] = [[tools.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", ...planted, "-f", FILE]];
  const pipeline = startPipeline(stages, { env: owner.env, signal });
  for await (const _ of pipeline.stdout);
  const end = await pipeline.ended;
  return { said: end.stderr, failure: describeFailure(stages, end) };
}

/** The verdicts in what psql printed, by the assertion's name. */
export function readVerdicts(said: string): Map<string, Answer> {
  return new Map([...said.matchAll(VERDICT)].map(([, verdict, name = "", ms, found = ""]) => {
    const answer = verdict === "PASS" ? pass("holds") : fail(found);
    return [name, { ...answer, seconds: toSeconds(Number(ms)) }];
  }));
}
