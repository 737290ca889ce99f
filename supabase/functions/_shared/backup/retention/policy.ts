/** The policy of retention, its input and its decisions. */
import { rejectedAt } from "../vault/backup_state.ts";
import type { BackupProof } from "../vault/catalog.ts";
import type { Period } from "./periods.ts";

export interface RetentionPolicy extends Record<Period, number> {
  /** Before the newest backup, for how many hours one of each four-hour slot is kept. */
  recentHours: number;
  /** Number of the newest backups of each series that are kept, whatever their age; at least 1. */
  minimum: number;
  /** Number of safety copies kept per target. */
  safety: number;
  /** Younger backups are never deleted. */
  youngMinutes: number;
  /** How long a backup that a drill rejected is kept as evidence, from that drill on. */
  evidenceDays: number;
  /**
   * Targets that are backed up daily and drilled weekly: the ends of their backups can be predicted, and none is
   * deleted before a drill has proven one of them.
   */
  scheduled: readonly string[];
}

export const DEFAULT_POLICY: RetentionPolicy = {
  recentHours: 48,
  daily: 7,
  weekly: 4,
  monthly: 12,
  yearly: 2,
  minimum: 3,
  safety: 3,
  youngMinutes: 60,
  evidenceDays: 30,
  scheduled: ["prod"],
};

/** An existing backup: archive and manifest. Times are ISO 8601. */
export interface RetentionBackup {
  key: string;
  createdAt: string;
  target: string;
  mode: string;
  label: string | null;
  origin: string | null;
  bytes: number | null;
  /** The vault's own time of its archive; `null` where only the catalog was read. */
  storedAt: Date | null;
  provenAt: string | null;
  /** When a drill rejected it; `null` unless that is the newest ruling. */
  rejectedAt: string | null;
  /** Whether it is signed by a key of this installation, or none is needed. */
  isTrusted: boolean;
  holdUntil: string | null;
  holdReason: string | null;
}

export interface RetentionFacts {
  /** Keys that an active restore, plan or drill reads. */
  inUse: ReadonlySet<string>;
}

/** Why a backup is kept. */
export type KeepReason =
  | "hold"
  | "in_use"
  | "young"
  | "newest_proven"
  | "newer_than_proven"
  | "none_proven"
  | "dated_ahead"
  | "evidence"
  | "safety"
  | "minimum"
  | "recent"
  | Period;
/**
 * Why it is deleted: a newer one of its day, none of its periods counts any more, newer safety copies, or a drill
 * rejected it long ago.
 */
export type DropReason = "superseded" | "expired" | "safety_expired" | "rejected";
export type RetentionReason = KeepReason | DropReason;

/** A rule that keeps a backup; `until` `null`: without a known end. */
export interface KeepingRule {
  code: KeepReason;
  until: string | null;
}

export interface RetentionDecision {
  key: string;
  keep: boolean;
  reasons: RetentionReason[];
  /** When it will be deleted if the schedules run as planned; now for a deletion, `null` when that is unknown. */
  deleteAfter: string | null;
  rules: KeepingRule[];
  holdReason: string | null;
}

/** The catalog's columns that retention uses; a row of `backupRowSchema` has them. */
export interface RetentionRow {
  r2_key: string;
  created_at: string;
  target: string;
  mode: string;
  label: string | null;
  origin: string | null;
  bytes: number | null;
  proven_at: string | null;
  proof: Pick<BackupProof, "failed" | "drilled_at"> | null;
  hold_until: string | null;
  hold_reason: string | null;
}

/**
 * Converts a row of the catalog; rows of status `deleted` or `failed` are no backups.
 * @param storedAt the vault's own time of the archive
 */
export function retentionBackupOf(
  row: RetentionRow,
  { storedAt, isTrusted }: Pick<RetentionBackup, "storedAt" | "isTrusted">,
): RetentionBackup {
  return {
    key: row.r2_key,
    createdAt: row.created_at,
    target: row.target,
    mode: row.mode,
    label: row.label,
    origin: row.origin,
    bytes: row.bytes,
    storedAt,
    isTrusted,
    provenAt: row.proven_at,
    rejectedAt: rejectedAt(row),
    holdUntil: row.hold_until,
    holdReason: row.hold_reason,
  };
}
