/** The one place where results and errors become HTTP answers. */
import type { Failure } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import { type ErrorCode, messageOf, statusOf } from "@backup/messages.ts";

/** What an error says to the caller, beside the sentence of its code. All of it may be read by the caller. */
interface Answerable {
  /** A pt-BR sentence with the facts of this case, appended to the code's own. */
  sentence?: string;
  details?: Record<string, unknown>;
  /** Seconds after which asking again makes sense. */
  retryAfter?: number;
}

/**
 * An error meant for the caller. A {@link BackupError} from elsewhere answers with its code alone, so that
 * nothing of an adapter's own details gets out by accident.
 */
export class RequestError extends BackupError {
  readonly answer: Answerable;

  constructor(code: ErrorCode, message: string, answer: Answerable = {}, cause?: unknown) {
    super(code, message, { details: answer.details, cause });
    this.answer = answer;
  }
}

/** A JSON answer that no cache keeps. */
export function jsonResponse(status: number, body: unknown, headers: Headers): Response {
  const all = new Headers(headers);
  all.set("Content-Type", "application/json; charset=utf-8");
  all.set("Cache-Control", "no-store");
  all.set("X-Content-Type-Options", "nosniff");
  return new Response(JSON.stringify(body), { status, headers: all });
}

/** The answer to a refused or failed request: code, pt-BR sentence, details; never a stack or a secret. */
export function failureResponse(error: BackupError, headers: Headers): Response {
  const answer = error instanceof RequestError ? error.answer : {};
  const all = new Headers(headers);
  if (answer.retryAfter !== undefined) all.set("Retry-After", String(answer.retryAfter));
  if (error.code === "method_not_allowed") all.set("Allow", "POST, OPTIONS");
  const message = [messageOf(error.code), answer.sentence].filter(Boolean).join(" ");
  const body: Failure = { ok: false, error: error.code, message, details: answer.details };
  return jsonResponse(statusOf(error.code), body, all);
}
