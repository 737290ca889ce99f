/** Maps an error of the restore to the check that it fails, if the backup causes the error. */
import { z } from "zod";
import type { BackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import type { DrillCheck } from "@backup/vault/receipt.ts";
import { sqlstateOf } from "../postgres/session.ts";
import type { VerifiedPart } from "../restore/verify.ts";

/** Errors that the backup causes; after any other the drill could not be completed. */
const CHECK_OF_CODE: Partial<Record<ErrorCode, DrillCheck>> = {
  manifest_invalid: "manifest",
  manifest_too_new: "manifest",
  archive_corrupt: "archive_readable",
  archive_rejected: "archive_readable",
  restore_failed: "restored",
  verification_failed: "restored",
  database_error: "restored",
};

const CHECK_OF_PART: Readonly<Record<VerifiedPart, DrillCheck>> = {
  "rows": "rows_per_table",
  "sequences": "sequence_values",
  "schema and privileges": "schema_and_privileges",
};

const FOREIGN_KEY_VIOLATION = "23503";

/** SQLSTATE classes of a server without resources, that shuts down, or whose disk fails. */
const SERVER_FAILURE = /^5[378]/;

/** Whether the backup does not cause an error: no connection, no disk, no program, a signal. */
export function isEnvironmental(error: BackupError): boolean {
  return CHECK_OF_CODE[error.code] === undefined || SERVER_FAILURE.test(sqlstateOf(error) ?? "");
}

/** @returns the check that an error of the restore fails. @throws the error itself when the backup does not cause it. */
export function failedCheckOf(error: BackupError): DrillCheck {
  const check = CHECK_OF_CODE[error.code];
  if (check === undefined || isEnvironmental(error)) throw error;
  if (sqlstateOf(error) === FOREIGN_KEY_VIOLATION) return "foreign_keys_without_orphans";
  const obstacles = obstaclesOf(error);
  if (obstacles.length > 0 && obstacles.every(({ kind }) => kind === "orphans")) {
    return "foreign_keys_without_orphans";
  }
  const { what } = error.details;
  return typeof what === "string" && isPart(what) ? CHECK_OF_PART[what] : check;
}

/** What a restore found before its first lock (`target_obstacles.ts`); none for every other error. */
function obstaclesOf({ details }: BackupError): { kind: string }[] {
  return z.array(z.object({ kind: z.string() })).safeParse(details.obstacles).data ?? [];
}

function isPart(what: string): what is VerifiedPart {
  return Object.hasOwn(CHECK_OF_PART, what);
}
