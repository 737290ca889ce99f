/** What a watch examines, and the conditions that it can raise. */
import type { Result } from "../result.ts";
import type { Target } from "../target.ts";

/** Stable: issues and reports refer to conditions by these. */
export const CONDITION_IDS = [
  "vault_unreachable",
  "backup_overdue",
  "backup_corrupt",
  "dated_ahead",
  "unsigned_backup",
  "signing_off",
  "unopenable_backup",
  "proof_overdue",
  "size_dropped",
  "rows_dropped",
  "catalog_unreachable",
  "run_lost",
  "audit_broken",
  "break_glass",
  "github_unreachable",
  "workflow_disabled",
  "schedule_not_fired",
  "secret_expiring",
  "watchdog_silent",
  "watch_silent",
] as const;
export type ConditionId = (typeof CONDITION_IDS)[number];

/** The watches, each by the name of its report: `watchdog` runs on GitHub, `watch` is called by the database's clock. */
export const WATCHES = ["watchdog", "watch"] as const;
export type WatchName = (typeof WATCHES)[number];

/** `failed`: data is, or will soon be, without a backup. `warning`: needs attention. */
export type Severity = "warning" | "failed";

/** A problem, described for the admin in pt-BR. */
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
  /** A change of this is notified again. Contains no ages or counts, which change by themselves. */
  material: string;
}

/** A full backup of the vault: an archive with its manifest. */
export interface WatchedBackup {
  key: string;
  createdAtUtc: string;
  bytes: number;
  /** Rows by table; `null` where the manifest has no counts. */
  rows: Readonly<Record<string, number>> | null;
  /** When a drill rejected it; `null` unless that is the newest ruling. */
  rejectedAt: string | null;
}

export interface VaultFacts {
  /** Full backups of the target, newest first, as many as are compared. */
  backups: readonly WatchedBackup[];
  /** Backups whose objects are not what their manifest says. */
  corrupt: readonly { key: string; reason: string }[];
  /** Backups and receipts that state a time after the vault's own: they are in no other list. */
  datedAhead: readonly { key: string; storedAt: string }[];
  /** Whether this installation has keys by which it knows its backups; `null`: not known. */
  isSigned: boolean | null;
  /** Backups, stored since the oldest signed one, that no key of this installation signed: they are in no other list. */
  unsigned: readonly { key: string; storedAt: string }[];
  /** Encrypted backups for which this installation states no key that opens them. */
  unopenable: readonly { key: string }[];
  /** Drills of the target's backups that proved or rejected one, newest first, up to the newest that passed. */
  drills: readonly { key: string; drilledAtUtc: string; failed: readonly string[] }[];
}

export interface AuditFacts {
  ok: boolean;
  /** The first record that is wrong in the database or in the vault's copy, or that differs between both. */
  brokenAt: { where: "database" | "vault" | "between"; chainId: string; seq: number; reason: string } | null;
}

export interface CatalogFacts {
  /** Lost runs without a later run of their kind and target. */
  lostRuns: readonly { requestId: string; kind: string; target: string; at: string; runUrl: string | null }[];
  /** Restores of prod that no signed-in user requested, as long as they are an alarm, newest first. */
  breakGlass: readonly {
    requestId: string | null;
    at: string;
    actor: string | null;
    key: string | null;
    reason: string | null;
    runUrl: string | null;
  }[];
  /** `null`: its copies could not be read. */
  audit: AuditFacts | null;
}

export interface WorkflowFacts {
  file: string;
  /** GitHub's state, `active` or why it is off; `null` when GitHub has no such workflow. */
  state: string | null;
  /** After how many hours without a scheduled run something is wrong; `null` without a schedule. */
  scheduleHours: number | null;
  /** When the schedule last started it, or when GitHub first had it. */
  lastFiredAt: string;
}

/** A credential that expires. */
export interface TokenFacts {
  /** Name of the secret that holds it. */
  name: string;
  /** `null`: GitHub refused it. */
  expiresAt: string | null;
}

/** The other watch: each judges whether the other one reports. */
export interface OtherWatch {
  name: WatchName;
  /** `false`: this installation does without it. */
  isExpected: boolean;
  /** When it last reported; `null`: never. */
  lastReport: Result<string | null>;
}

export interface WatchFacts {
  now: string;
  target: Target;
  /** `null`: not read. */
  vault: Result<VaultFacts> | null;
  catalog: Result<CatalogFacts>;
  /** `null`: not read, without a credential for it. */
  github: Result<readonly WorkflowFacts[]> | null;
  /** Tokens whose expiry GitHub states. `null`: not read. */
  tokens: Result<readonly TokenFacts[]> | null;
  other: OtherWatch;
  /** Conditions that this watch cannot see, whatever its sources answer. */
  unseen: readonly ConditionId[];
}
