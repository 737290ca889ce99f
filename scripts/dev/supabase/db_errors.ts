/**
 * Database errors in PostgREST's format. @supabase/lite answers many with 500 `SUP`; it does forward what a function
 * raises as `PGRST` with a status in its detail, so errors are converted to that form. Source of the table:
 * PostgREST's documentation, "Errors", HTTP status codes by SQLSTATE.
 */

interface DatabaseError {
  code: string;
  message: string;
  detail?: string | null;
  hint?: string | null;
}

/** First match counts; without a match the status is 400. */
const STATUS_BY_SQLSTATE: readonly (readonly [RegExp, number])[] = [
  [/^08/, 503],
  [/^53400$/, 500],
  [/^53/, 503],
  [/^(0L|0P|28)/, 403],
  [/^P0001$/, 400],
  [/^(09|25|2D|38|39|3B|40|54|55|57|58|F0|HV|P0|XX)/, 500],
];

/** Errors that lite itself answers as PostgREST does. */
const LEFT_TO_LITE = /^(2[12]|42|PT)|^(23502|23503|23505|25006|PGRST)$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** The driver's and the system's own codes for an unreachable server. */
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
]);
/** The server is starting, stopping, or ended this session. */
const SHUT_DOWN = /^57P0[1-3]$/;

/** The error in the form that makes lite answer it as PostgREST would; an unknown one unchanged. */
export function toPostgrestError(error: unknown): unknown {
  if (!isDatabaseError(error)) return error;
  const { code, message, detail = null, hint = null } = error;
  if (NOT_CONNECTED.has(code) || SHUT_DOWN.test(code)) {
    const text = "Database connection error. Retrying the connection.";
    return answer(503, { code: "PGRST001", message: text, details: null, hint: null });
  }
  if (!SQLSTATE.test(code) || LEFT_TO_LITE.test(code)) return error;
  const status = STATUS_BY_SQLSTATE.find(([pattern]) => pattern.test(code))?.[1] ?? 400;
  return answer(status, { code, message, details: detail, hint });
}

function answer(
  status: number,
  body: { code: string; message: string; details: string | null; hint: string | null },
): DatabaseError {
  return { code: "PGRST", message: JSON.stringify(body), detail: JSON.stringify({ status, headers: {} }) };
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" &&
    "message" in error && typeof error.message === "string";
}
