/** Limits how long a check may take, and returns its failure instead of throwing it. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import type { Result } from "@backup/result.ts";

export interface Limit {
  ms: number;
  /** Cancels the whole command: thrown, not returned. */
  signal: AbortSignal;
  /** The error code when there is no answer in time. */
  late: ErrorCode;
}

/**
 * @param work gets a signal that ends with the limit and with the command
 * @returns the value, or the failure of `work`
 * @throws the reason of `limit.signal`, nothing else.
 */
export async function withinLimit<T>(
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
