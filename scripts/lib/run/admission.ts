/**
 * What admits a run. A restore of prod on GitHub needs the request of a signed-in user in the catalog, or the
 * repository's variable `REVO_BREAK_GLASS`, for the time when no user can sign in.
 */
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { Target } from "@backup/target.ts";
import type { Requester } from "./requester.ts";

/**
 * `open` nothing is needed · `requested` the request of a signed-in user, with its approval where one is needed ·
 * `break_glass` the variable, for what has neither.
 */
export type Admission = "open" | "requested" | "break_glass";

/**
 * @param breakGlass the value of `REVO_BREAK_GLASS`: the key of the one backup that it admits.
 *
 * @example admissionOf({ target: "dev", key }, requester, undefined) // "open"
 */
export function admissionOf(
  { target, key }: { target: Target; key: string },
  { run }: Pick<Requester, "run">,
  breakGlass: string | undefined,
): Admission {
  // outside GitHub the command has the database's password from its user
  if (target !== "prod" || run === null) return "open";
  return breakGlass === key ? "break_glass" : "requested";
}

/**
 * The admission as the catalog judged it: a request that is valid by itself is none by break-glass, also while the
 * variable is set.
 * @param breakGlass the catalog's answer; `null` from one that does not say
 */
export function admittedAs(asked: Admission, breakGlass: boolean | null): Admission {
  return asked === "break_glass" && breakGlass === false ? "requested" : asked;
}

/** The refusal of a run that needs a request: its catalog did not answer, so that there is none to be found. */
export function unverifiedRequest(): BackupError {
  return new BackupError(
    "request_required",
    "Cannot restore prod on GitHub: the catalog did not answer, and no request of a signed-in user was found",
    { hint: BREAK_GLASS_HINT },
  );
}

/** The error with the way on, where it is the refusal of a run without a request. */
export function withWayOn(thrown: unknown): BackupError {
  const error = toBackupError(thrown);
  if (error.code !== "request_required") return error;
  return new BackupError(error.code, error.message, {
    hint: BREAK_GLASS_HINT,
    details: error.details,
    cause: thrown,
  });
}

const BREAK_GLASS_HINT = "Request it on the screen. When the screen is down: set the repository's variable " +
  "REVO_BREAK_GLASS to the key of the backup, run the workflow again with a reason, and delete the variable afterwards. " +
  "It raises an alarm.";
