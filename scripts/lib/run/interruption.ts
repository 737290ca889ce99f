/** Handles signals: they abort the work, with a limit for each step that follows. */
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import { ABANDONED } from "./exit_code.ts";

/**
 * Milliseconds that each remaining step may take after a signal; all of them end within five seconds. GitHub
 * gives a cancelled job 7.5 seconds before the next signal.
 */
export const END_LIMITS = {
  /** Until the work has rolled back what it did. */
  rollback: 3_000,
  /** Until the catalog has the run's end. */
  catalog: 1_000,
  /** Until the output is written. */
  output: 500,
  /** All together. */
  total: 5_000,
} as const;

/** One Ctrl-C reaches a command several times: from the terminal, and from each program that forwards it. */
const REPEAT_MS = 1_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Errors that report what was done: a signal that came during the work does not replace them. */
const OUTCOMES: readonly ErrorCode[] = [
  "restore_outcome_unknown",
  "catalog_write_failed",
  "prune_incomplete",
  "drill_failed",
];

/** @param endNow called when the process has to end at once. @returns aborted when the work has to end. */
export type SignalSource = (endNow: (reason: string) => void) => AbortSignal;

/**
 * Listens for signals until the process ends. The first one, or an error that nothing caught, aborts the work with a
 * {@link BackupError} as the reason; a second one, and the time limit, end the process at once.
 */
export const listenForSignals: SignalSource = (endNow) => {
  const cancel = new AbortController();
  let firstAt: number | null = null;
  const abort = (reason: BackupError) => {
    firstAt = performance.now();
    const late = () => endNow(`the end took longer than ${END_LIMITS.total / 1000} s`);
    setTimeout(late, END_LIMITS.total).unref();
    cancel.abort(reason);
  };
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (firstAt === null) abort(new BackupError("run_cancelled", `ended by ${name}`));
      else if (performance.now() - firstAt > REPEAT_MS) endNow(`a second signal, ${name}`);
    });
  }
  const onFault = (thrown: unknown) => {
    if (firstAt === null) abort(toBackupError(thrown));
  };
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
  return cancel.signal;
};

/** For a command that only forwards signals to another one. */
export const noSignals: SignalSource = () => new AbortController().signal;

/** @throws {BackupError} an error that nothing caught while the work went on. */
export function throwUncaught(signal: AbortSignal): void {
  if (signal.aborted && toBackupError(signal.reason).code !== "run_cancelled") throw signal.reason;
}

/** Waits for `work` until the signal. @throws the signal's reason as soon as it is aborted. */
export function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return orFailure(work, async (isOver) => {
    await aborted(signal, isOver);
    throw signal.reason;
  });
}

/**
 * Waits for `work`; after an abort for so long at most. Work that takes longer is not waited for.
 * @throws {BackupError} the signal's reason, marked as abandoned, when the work takes longer.
 */
export function settledAfter<T>(signal: AbortSignal, limitMs: number, work: Promise<T>): Promise<T> {
  return orFailure(work, async (isOver) => {
    await aborted(signal, isOver);
    await sleep(limitMs, undefined, { signal: isOver });
    throw abandonedBy(signal, limitMs);
  });
}

/** Waits for `work` or what `fail` throws, whichever comes first. `isOver` is aborted then. */
async function orFailure<T>(work: Promise<T>, fail: (isOver: AbortSignal) => Promise<never>): Promise<T> {
  const isOver = new AbortController();
  const failure = fail(isOver.signal);
  failure.catch(() => {}); // the race below is over then
  try {
    return await Promise.race([work, failure]);
  } finally {
    isOver.abort();
    work.catch(() => {}); // nothing waits for it any more
  }
}

function aborted(signal: AbortSignal, unless: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true, signal: unless });
  });
}

function abandonedBy(signal: AbortSignal, limitMs: number): BackupError {
  const { code, message, cause } = toBackupError(signal.reason);
  const text = `${message}; what was under way did not end within ${limitMs / 1000} s and is not rolled back`;
  return new BackupError(code, text, {
    cause,
    details: { [ABANDONED]: true },
    hint: "Run `npm run backups -- reconcile`: it compares the vault with the catalog.",
  });
}

/** After a signal every failure is the cancellation's, except one that reports an outcome of the work. */
export function cancelledOr(thrown: unknown, signal: AbortSignal): BackupError {
  const error = toBackupError(thrown);
  if (!signal.aborted || OUTCOMES.includes(error.code) || error.details[ABANDONED] === true) return error;
  const reason = toBackupError(signal.reason);
  if (reason.code !== "run_cancelled") return reason;
  const phase = error.phase ?? undefined;
  return new BackupError("run_cancelled", `${reason.message}; nothing was left half done`, {
    phase,
    cause: error,
  });
}
