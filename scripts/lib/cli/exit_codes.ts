/** What each exit code means, and what to do about it; docs/exit-codes.md has the same table. */
import { EXIT } from "../run/exit_code.ts";
import type { ExitName } from "../command/command.ts";

export const EXIT_TEXTS: Record<ExitName, { meaning: string; todo: string }> = {
  done: { meaning: "done, and proven", todo: "" },
  failed: {
    meaning: "failed; nothing was left half done",
    todo: "read the message: it names the phase and the cause",
  },
  badInput: {
    meaning: "an input or a secret is missing or wrong; nothing was begun",
    todo: "correct it",
  },
  busy: { meaning: "another run holds the target", todo: "wait for it" },
  catalogMissed: {
    meaning: "the backup is good, but has no row in the catalog yet",
    todo: "run `npm run backups -- reconcile --apply` when the database is back",
  },
  outcomeUnknown: {
    meaning: "the connection broke while the server committed a restore or a take: the outcome is unknown",
    todo:
      "restore: the message names a schema: where the target has it, all was restored (the next restore takes it " +
      "away); where not, nothing was changed. Take: review again, it shows whether the rows are there",
  },
  pruneIncomplete: {
    meaning: "retention did its work, but the vault refused to delete some objects (a bucket lock?)",
    todo: "read the list; the next run tries again",
  },
  cancelled: { meaning: "ended by SIGINT, SIGTERM or SIGHUP; everything was rolled back", todo: "" },
  abandoned: {
    meaning:
      "ended before the rollback was complete: by a second signal, or five seconds after the first; a shell reports " +
      "SIGKILL by the same number",
    todo: "run `npm run backups -- reconcile`: it compares the vault with the catalog",
  },
};

const NAMES = Object.keys(EXIT) as ExitName[];

/** A Markdown table. */
export function exitTable(names: readonly ExitName[] = NAMES): string {
  const rows = NAMES.filter((name) => names.includes(name)).map((name) =>
    `| ${EXIT[name]} | ${EXIT_TEXTS[name].meaning} | ${EXIT_TEXTS[name].todo} |`.replace("|  |", "| |")
  );
  return ["| code | meaning | what to do |", "|---|---|---|", ...rows].join("\n");
}

/** Lines for a terminal. */
export function exitLines(names: readonly ExitName[]): string[] {
  return NAMES.filter((name) => names.includes(name)).map((name) =>
    `${String(EXIT[name]).padStart(3)}  ${EXIT_TEXTS[name].meaning}`
  );
}

/** The codes alone. */
export function exitCodes(names: readonly ExitName[]): string {
  return NAMES.filter((name) => names.includes(name)).map((name) => EXIT[name]).join(", ");
}
