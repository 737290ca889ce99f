/** What a watch examines, and the conditions that it can raise. */
import type { Result } from "../result.ts";
import type { Target } from "../target.ts";

/** Stable: alarms are found again by them. */
export const CONDITION_IDS = [
  "vault_unreachable",
  "backup_overdue",
  "backup_corrupt",
  "proof_overdue",
  "size_dropped",
  "rows_dropped",
  "catalog_unreachable",
  "run_lost",
  "audit_broken",
  "github_unreachable",
  "workflow_disabled",
  "schedule_not_fired",
  "secret_expiring",
] as const;
export type ConditionId = (typeof CONDITION_IDS)[number];

/** `failed`: data is, or will soon be, without a backup. `warning`: look at it. */
export type Severity = "warning" | "failed";

/** Something that is not as it should be, in the words of an admin (pt-BR). */
export interface Condition<Id extends string = ConditionId> {
  id: Id;
  severity: Severity;
  title: string;
  /** What is at risk: the first line of the alarm. */
  risk: string;
  /** What was found, a line each. */
  facts: string[];
  /** What to do: the last line of the alarm. */
  todo: string;
  /** Two alarms of one condition differ in a way worth a message when this differs; ages and counts are not in it. */
  material: string;
}

/** A full backup of the vault: an archive with its manifest. */
export interface WatchedBackup {
  key: string;
  createdAtUtc: string;
  bytes: number;
  /** Rows by table; `null` for manifests that do not tell. */
  rows: Readonly<Record<string, number>> | null;
}

export interface VaultFacts {
  /** Full backups of the target, newest first, as many as are compared. */
  backups: readonly WatchedBackup[];
  /** Backups whose objects are not what their manifest says. */
  corrupt: readonly { key: string; reason: string }[];
  /** Drills of the target's backups, newest first, up to the newest that passed. */
  drills: readonly { key: string; drilledAtUtc: string; failed: readonly string[] }[];
}

export interface AuditFacts {
  ok: boolean;
  /** The first record that is wrong: in the database, in the vault's copy, or one says something else than the other. */
  brokenAt: { where: "database" | "vault" | "between"; chainId: string; seq: number; reason: string } | null;
}

export interface CatalogFacts {
  /** Runs that went silent and that no later run of their kind and target has followed. */
  lostRuns: readonly { requestId: string; kind: string; target: string; at: string; runUrl: string | null }[];
  /** `null`: its copies could not be read. */
  audit: AuditFacts | null;
}

export interface WorkflowFacts {
  file: string;
  /** GitHub's word, `active` or why not; `null` when GitHub knows no such workflow. */
  state: string | null;
  /** After how many hours without a scheduled run something is wrong; `null` without a schedule. */
  scheduleHours: number | null;
  /** When the schedule last started it, else when GitHub came to know it. */
  lastFiredAt: string;
}

/** A credential that ends. */
export interface TokenFacts {
  /** What it is called where it is set. */
  name: string;
  /** `null`: GitHub refused it. */
  expiresAt: string | null;
}

export interface WatchFacts {
  now: string;
  target: Target;
  /** `null`: not asked. */
  vault: Result<VaultFacts> | null;
  catalog: Result<CatalogFacts>;
  /** `null`: not asked, since no credential for it is there. */
  github: Result<readonly WorkflowFacts[]> | null;
  /** Of the tokens whose end can be known. `null` as above. */
  tokens: Result<readonly TokenFacts[]> | null;
}
