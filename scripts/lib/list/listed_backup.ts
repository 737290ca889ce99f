/** A backup in a list, read from the catalog or from the vault. */
import { z } from "zod";
import { BACKUP_STATUSES, backupOriginSchema } from "@backup/vault/catalog.ts";
import { isRejected } from "@backup/vault/backup_state.ts";
import { proofSchema } from "@backup/vault/receipt.ts";

export const listedBackupSchema = z.object({
  r2_key: z.string(),
  /** ISO 8601, UTC. */
  created_at: z.string(),
  target: z.string(),
  mode: z.string().nullable(),
  label: z.string().nullable(),
  /** Of the archive as stored. */
  bytes: z.number().nullable(),
  rows_total: z.number().nullable(),
  /** The newest drill that proved or rejected it; `null` without one. */
  proof: proofSchema.nullable(),
  /** Whether its signature counts here, or none is needed. */
  is_trusted: z.boolean(),
  /** This field and the next are only in the catalog. */
  status: z.enum(BACKUP_STATUSES).nullable(),
  origin: backupOriginSchema.nullable(),
  hold_until: z.string().nullable(),
});
export type ListedBackup = z.infer<typeof listedBackupSchema>;

export interface BackupList {
  source: "catalog" | "vault";
  /** Newest first. */
  backups: ListedBackup[];
  /** Archives without a manifest, or with one that cannot be read: not backups, or not reliable. */
  unreadable: { r2_key: string; why: string }[];
}

const HEADS = ["WHEN (UTC)", "TARGET", "SIZE", "ROWS", "LABEL", "PROOF", "KEY"] as const;
const NUMERIC: readonly string[] = ["SIZE", "ROWS"];

/** The list as a table; a column is as wide as its longest cell. */
export function listText({ backups, source, unreadable }: BackupList): string {
  const rows = [HEADS, ...backups.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return NUMERIC.includes(HEADS[column] ?? "") ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
  const count = `${backups.length} ${backups.length === 1 ? "backup" : "backups"}, as the ${source} tells`;
  return [...lines, ...unreadable.map(({ r2_key, why }) => `not listed: ${r2_key}: ${why}`), count].join(
    "\n",
  );
}

function cellsOf(backup: ListedBackup): string[] {
  return [
    backup.created_at.slice(0, 16).replace("T", " "),
    backup.target,
    backup.bytes === null ? "?" : `${(backup.bytes / 1e6).toFixed(1)} MB`,
    backup.mode === "schema-only" ? "none" : backup.rows_total === null ? "?" : String(backup.rows_total),
    backup.label ?? "-",
    proofText(backup),
    backup.r2_key,
  ];
}

/** A backup without a drill has no proof: `none`. */
function proofText({ proof, status, is_trusted }: ListedBackup): string {
  if (status === "failed") return "DAMAGED";
  if (!is_trusted) return "UNSIGNED";
  if (proof === null) return "none";
  return `${isRejected({ proof }) ? "FAILED" : "proven"} ${proof.drilled_at.slice(0, 10)}`;
}
