/** How a command's end is reported to the process that started it; docs/exit-codes.md is this table for people. */
import type { BackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";

export const EXIT = {
  done: 0,
  failed: 1,
  badInput: 2,
  busy: 3,
  /** The backup is good; it has no row in the catalog yet. */
  catalogMissed: 4,
  /** Whether the restore, or the take, was committed is unknown. */
  outcomeUnknown: 5,
  /** Retention did its work, but the vault refused some deletions. */
  pruneIncomplete: 6,
  /** Ended by SIGINT, SIGTERM or SIGHUP; everything was rolled back. */
  cancelled: 130,
  /** Ended before the rollback was complete: by a second signal, at the time limit, or by SIGKILL. */
  abandoned: 137,
} as const;

const EXIT_BY_CODE: Partial<Record<ErrorCode, number>> = {
  missing_environment: EXIT.badInput,
  invalid_payload: EXIT.badInput,
  invalid_label: EXIT.badInput,
  invalid_r2_key: EXIT.badInput,
  confirmation_required: EXIT.badInput,
  source_confirmation_required: EXIT.badInput,
  transaction_pooler: EXIT.badInput,
  busy: EXIT.busy,
  catalog_write_failed: EXIT.catalogMissed,
  restore_outcome_unknown: EXIT.outcomeUnknown,
  take_outcome_unknown: EXIT.outcomeUnknown,
  prune_incomplete: EXIT.pruneIncomplete,
  run_cancelled: EXIT.cancelled,
};

/** Name of the detail that marks an error of {@link abandoned} work. */
export const ABANDONED = "abandoned";

/** The exit code of a command that failed so. */
export function exitCodeOf({ code, details }: Pick<BackupError, "code" | "details">): number {
  return details[ABANDONED] === true ? EXIT.abandoned : EXIT_BY_CODE[code] ?? EXIT.failed;
}
