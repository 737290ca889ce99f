/** What every command does around its work: signals, the last word, the exit code. */
import process from "node:process";
import { type BackupError, BackupError as Failure, toBackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import { type Output, processOutput } from "./output.ts";
import { escapeCommand } from "./run_reporter.ts";

/** Exit codes; docs/exit-codes.md is this table for people. */
export const EXIT = {
  done: 0,
  failed: 1,
  badInput: 2,
  busy: 3,
  /** The backup is good; the catalog does not know it yet. */
  catalogMissed: 4,
  /** Nobody can tell whether the restore was committed: look before doing anything else. */
  outcomeUnknown: 5,
  /** Retention did its work, but the vault refused some deletions. */
  pruneIncomplete: 6,
  /** Ended by SIGINT or SIGTERM; everything was rolled back or taken away. */
  cancelled: 130,
} as const;

const EXIT_BY_CODE: Partial<Record<ErrorCode, number>> = {
  missing_environment: EXIT.badInput,
  invalid_payload: EXIT.badInput,
  invalid_label: EXIT.badInput,
  invalid_r2_key: EXIT.badInput,
  confirmation_required: EXIT.badInput,
  transaction_pooler: EXIT.badInput,
  busy: EXIT.busy,
  catalog_write_failed: EXIT.catalogMissed,
  restore_outcome_unknown: EXIT.outcomeUnknown,
  prune_incomplete: EXIT.pruneIncomplete,
  run_cancelled: EXIT.cancelled,
};

export function exitCodeOf(code: ErrorCode): number {
  return EXIT_BY_CODE[code] ?? EXIT.failed;
}

/**
 * Runs a command's work and ends the process with its exit code. SIGINT, SIGTERM and SIGHUP (a terminal that
 * was closed) abort the work, which then takes back what it did; GitHub gives it 7.5 s before the next signal.
 */
export async function runMain(
  work: (signal: AbortSignal, output: Output) => Promise<void>,
  output = processOutput,
): Promise<never> {
  const cancel = new AbortController();
  const onSignal = (name: string) => cancel.abort(new Failure("run_cancelled", `ended by ${name}`));
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.on("SIGHUP", onSignal);
  try {
    await work(cancel.signal, output);
    await output.conclude(null, EXIT.done);
    process.exit(EXIT.done);
  } catch (thrown) {
    const error = cancelledOr(thrown, cancel.signal);
    report(error, output);
    await output.conclude(error, exitCodeOf(error.code));
    process.exit(exitCodeOf(error.code));
  }
}

/** The same for work that has nothing to take back, or is good wherever it is cut: a signal ends it at once. */
export async function runInterruptible(work: (output: Output) => Promise<void>): Promise<never> {
  return await runMain((signal, output) => {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    return Promise.race([work(output), aborted]);
  });
}

/** After a signal every failure is the cancellation's, except the one whose outcome nobody knows. */
export function cancelledOr(thrown: unknown, signal: AbortSignal): BackupError {
  const error = toBackupError(thrown);
  if (!signal.aborted || error.code === "restore_outcome_unknown") return error;
  const phase = error.phase ?? undefined;
  return new Failure("run_cancelled", `${toBackupError(signal.reason).message}; nothing was left half done`, {
    phase,
    cause: error,
  });
}

function report(error: BackupError, output: Output): void {
  const where = error.phase === null ? "" : ` (phase: ${error.phase})`;
  const text = `${error.code}${where}: ${error.message}`;
  output.printError(error.hint === null ? text : `${text}\nhint: ${error.hint}`);
  if (process.env.GITHUB_ACTIONS === "true") output.print(`::error::${escapeCommand(text)}`);
}
