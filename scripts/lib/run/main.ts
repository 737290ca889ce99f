/** The main function of every command: signals, the conclusion, the exit code. */
import process from "node:process";
import type { BackupError } from "@backup/errors.ts";
import { EXIT, exitCodeOf } from "./exit_code.ts";
import {
  cancelledOr,
  END_LIMITS,
  listenForSignals,
  orAborted,
  settledAfter,
  throwUncaught,
} from "./interruption.ts";
import { type Output, processOutput } from "./output.ts";
import { escapeCommand } from "./run_reporter.ts";

/** How the work ended; `error` is `null` when it succeeded. */
interface CommandEnd {
  error: BackupError | null;
}

const END_NOW_FLUSH_MS = 100;

/**
 * Runs a command's work and ends the process with its exit code. SIGINT, SIGTERM and SIGHUP (a terminal that was closed)
 * abort the work, which then rolls back what it did. A second signal, or five seconds, end the process at once.
 * @param work its outcome alone decides the exit code; output that cannot be written does not.
 */
export async function runMain(
  work: (signal: AbortSignal, output: Output) => Promise<void>,
  output = processOutput,
  signals = listenForSignals,
): Promise<never> {
  let outcome: CommandEnd | null = null;
  const signal = signals((reason) => {
    if (outcome !== null) process.exit(codeOf(outcome.error)); // the work is done: only its output is left
    output.printError(`ended at once: ${reason}. What this command did is not rolled back.`);
    void output.flush(END_NOW_FLUSH_MS).then(() => process.exit(EXIT.abandoned));
  });
  try {
    await settledAfter(signal, END_LIMITS.total - END_LIMITS.output, work(signal, output));
    throwUncaught(signal);
    outcome = { error: null };
  } catch (thrown) {
    const error = cancelledOr(thrown, signal);
    outcome = { error };
    report(error, output);
  }
  await output.conclude(outcome.error, codeOf(outcome.error), signal);
  process.exit(codeOf(outcome.error));
}

/** The same for work that needs no rollback: a signal ends it at once. */
export async function runInterruptible(work: (output: Output) => Promise<void>): Promise<never> {
  return await runMain((signal, output) => orAborted(signal, work(output)));
}

function codeOf(error: BackupError | null): number {
  return error === null ? EXIT.done : exitCodeOf(error);
}

function report(error: BackupError, output: Output): void {
  const where = error.phase === null ? "" : ` (phase: ${error.phase})`;
  const text = `${error.code}${where}: ${error.message}`;
  output.printError(error.hint === null ? text : `${text}\nhint: ${error.hint}`);
  if (process.env.GITHUB_ACTIONS === "true") output.print(`::error::${escapeCommand(text)}`);
}
