/**
 * The project's own assertions: a file of SQL that it already has, of any form. The drill runs it and changes nothing in
 * it. Lines `PASS name (ms)` and `FAIL name (ms): …` count where the file prints them; else it passes when it runs to its end.
 */
import type { CheckGroup, CheckOutcome } from "./check.ts";
import { fail, pass } from "./check.ts";
import { readVerdicts, runAsserts } from "./rg03.ts";

export const projectAssertsCheck: CheckGroup = {
  names: ["project_asserts"],
  run: async (database) => {
    const { projectAsserts } = database;
    const outcome = projectAsserts === null
      ? pass("the project names no assertions of its own (PROJECT_ASSERTS)")
      : projectOutcome(await runAsserts(projectAsserts, database));
    return new Map([["project_asserts", outcome]]);
  },
};

/** The first error by its text; a wrong verdict by its name. */
export function projectOutcome(
  { output, failure }: { output: string; failure: string | null },
): CheckOutcome {
  const verdicts = [...readVerdicts(output)];
  const failed = verdicts.filter(([, { verdict }]) => verdict === "FAIL");
  if (failed.length > 0) {
    return fail(failed.map(([name, { detail }]) => `${name}: ${detail}`).join("; ").slice(0, 2000));
  }
  if (failure !== null) {
    const error = /^(?:psql:.*?:\d+: )?(?:ERROR|FATAL):\s+(.*)$/m.exec(output)?.[1];
    return fail((error ?? failure).slice(0, 2000));
  }
  return pass(
    verdicts.length === 0 ? "ran to its end" : `ran to its end: ${verdicts.length} assertions hold`,
  );
}
