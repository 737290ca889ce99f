/**
 * The one error type of the product. `message` is an English fact for logs, `hint` the next step;
 * the pt-BR sentence that an admin reads is found by `code` in `messages.ts`.
 */
import type { ErrorCode } from "./messages.ts";

export interface BackupErrorOptions {
  /** What the operator can do about it, one English sentence. */
  hint?: string;
  /** The phase of the run in which it happened. */
  phase?: string;
  /** Facts to keep beside the message, none of them secret. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

export class BackupError extends Error {
  override readonly name = "BackupError";
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly phase: string | null;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: BackupErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? null;
    this.phase = options.phase ?? null;
    this.details = options.details ?? {};
  }

  /** The same error with the phase in which it happened, unless it already names one. */
  inPhase(phase: string): BackupError {
    if (this.phase !== null) return this;
    const { code, message, hint, details, cause } = this;
    return new BackupError(code, message, { hint: hint ?? undefined, phase, details, cause });
  }
}

/** Converts any thrown value to a {@link BackupError}; an unknown one becomes `internal_server_error`. */
export function toBackupError(thrown: unknown): BackupError {
  if (thrown instanceof BackupError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BackupError("internal_server_error", message, { cause: thrown });
}
