/** Targets and modes of backups, and the confirmation of a restore into production. */
import { z } from "zod";

/** The databases of Revo ERP; the scheduled backup's target is `prod`. */
export const TARGETS = ["prod", "dev", "verify"] as const;
export const targetSchema = z.enum(TARGETS);
export type Target = z.infer<typeof targetSchema>;

/** `full` contains schema and rows; `schema-only` contains no row. */
export const MODES = ["full", "schema-only"] as const;
export const modeSchema = z.enum(MODES);
export type Mode = z.infer<typeof modeSchema>;

/** The confirmation that a restore into production requires. */
export const RESTORE_PROD_CONFIRMATION = "RESTORE_PROD";

/** Whether a restore into `target` is permitted with the given confirmation. */
export function isRestoreConfirmed(target: Target, confirm: string | null | undefined): boolean {
  return target !== "prod" || confirm === RESTORE_PROD_CONFIRMATION;
}

/**
 * Whether a backup of `source` may be restored into `target`: into production only one of production, unless the source
 * is confirmed by its name. Production's accounts, passwords and permissions become those of the source.
 *
 * @example isSourceConfirmed({ source: "dev", target: "prod" }, "dev") // true
 */
export function isSourceConfirmed(
  { source, target }: { source: Target; target: Target },
  confirmed: string | null | undefined,
): boolean {
  return target !== "prod" || source === target || confirmed === source;
}

/** The confirmation that a salvage into production requires in addition: it loses what cannot be brought. */
export const SALVAGE_PROD_CONFIRMATION = "SALVAGE_PROD";

/** Whether a salvage into `target` is permitted with the given confirmation. */
export function isSalvageConfirmed(target: Target, confirm: string | null | undefined): boolean {
  return target !== "prod" || confirm === SALVAGE_PROD_CONFIRMATION;
}

/** The confirmation that giving rows back to production requires. */
export const TAKE_PROD_CONFIRMATION = "TAKE_PROD";

/** Whether rows of `target` may be written with the given confirmation. */
export function isTakeConfirmed(target: Target, confirm: string | null | undefined): boolean {
  return target !== "prod" || confirm === TAKE_PROD_CONFIRMATION;
}
