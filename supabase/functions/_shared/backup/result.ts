/** A value that was read, or the failure to read it. */
import { toBackupError } from "./errors.ts";
import type { ErrorCode } from "./messages.ts";

export interface FailureCode {
  code: ErrorCode;
}

/** `Failure` is what is kept of an error. */
export type Result<T, Failure = FailureCode & { message: string }> =
  | { ok: true; value: T }
  | { ok: false } & Failure;

/**
 * Runs `work` and returns what it throws as a result. @example await resultOf(() => Promise.resolve(1)) // { ok:
 * true, value: 1 }
 */
export async function resultOf<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    const { code, message } = toBackupError(thrown);
    return { ok: false, code, message };
  }
}
