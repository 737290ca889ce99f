/** The one place where results and errors become HTTP answers. */
import type { Failure } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import { type ErrorCode, messageOf, statusOf } from "@backup/messages.ts";

/** What an error answers besides the sentence of its code. The caller reads all of it. */
interface Answerable {
  /** A pt-BR sentence with the facts of this case, appended to the code's own. */
  sentence?: string;
  details?: Record<string, unknown>;
  /** Seconds to wait before a retry. */
  retryAfter?: number;
}

/**
 * An error for the caller. Another {@link BackupError} is answered with its code alone, so that no details of an adapter
 * are disclosed.
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
