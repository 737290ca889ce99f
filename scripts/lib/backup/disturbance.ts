/** The error of an attempt at a dump that DDL invalidated and that may be repeated. */
import { BackupError } from "@backup/errors.ts";

/** DDL was committed while the dump began, or waits for it. Nothing is wrong with the database or the backup's settings. */
export class Disturbance extends BackupError {
  constructor(message: string, hint: string, cause?: unknown) {
    super("dump_failed", message, { hint, cause });
  }
}

/** At most three names, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return names.slice(0, 3).join(", ") + more;
}
