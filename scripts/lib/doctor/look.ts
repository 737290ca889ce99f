/** Looks that end: each with its own time, and what it throws is a fact like another. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import type { Result } from "@backup/result.ts";

export interface Limit {
  ms: number;
  /** Ends everything; not a fact, but thrown. */
  signal: AbortSignal;
  /** What it means that nobody answered in time. */
  late: ErrorCode;
}

/** @throws the signal's reason, when everything is to end; nothing else. */
export async function look<T>(
  { ms, signal, late }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Result<T>> {
  const timer = AbortSignal.timeout(ms);
  const either = AbortSignal.any([signal, timer]);
  try {
    return { ok: true, value: await Promise.race([work(either), endOf(either)]) };
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = timer.aborted
      ? new BackupError(late, `no answer within ${ms / 1000} s`)
      : toBackupError(thrown);
    return { ok: false, code, message };
  }
}

function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}
