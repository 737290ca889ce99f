/**
 * Plans a restore: reads the target in one read-only transaction, and of the backup the manifest, the text of its
 * fingerprint, and the archive once, unless it is very large.
 */
import { Readable } from "node:stream";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { compareMeasures, type MeasureComparison, type Measured } from "@backup/vault/measures.ts";
import type { ArchiveReading, PlannedAccount, PlannedDisk } from "@backup/runs/restore_plan.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import type { Mode, Target } from "@backup/target.ts";
import { requirePlainArchive } from "../archive/contents.ts";
import { readStoredToc } from "../vault/stored_toc.ts";
import type { PastRestore } from "../catalog/catalog.ts";
import { WholeRead } from "../process/whole_read.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { MeasureDefinition } from "../postgres/measure_definitions.ts";
import type { Progress } from "../run/progress.ts";
import type { Vault } from "../vault/vault.ts";
import { readFingerprintLines } from "../vault/fetch_backup.ts";
import { plainArchive } from "../vault/encryption.ts";
import { readSignedManifest, requireTrusted } from "../vault/trust.ts";
import { type AccessPlan, planAccess } from "./plan_access.ts";
import { type DurationPlan, planDuration } from "./plan_duration.ts";
import {
  compareSchemas,
  list,
  type Listed,
  type SchemaComparison,
  type StoredBackup,
} from "./plan_comparison.ts";
import { catalogObjects } from "./plan_objects.ts";
import { findObstacles, type Obstacle } from "./plan_obstacles.ts";
import { keptSchemas } from "./kept_schemas.ts";
import { planTables, type TablesPlan } from "./plan_tables.ts";
import { readPrivilegeSource } from "./privilege_source.ts";
import { readTargetNow } from "./read_target.ts";
import { serverDisk } from "./server_disk.ts";
import { selectEntries, type Selection, type SkipReason } from "../archive/select_entries.ts";
import type { BlockingSession } from "../postgres/blocking_sessions.ts";

export interface PlanOrder {
  target: Target;
  /** Key of the archive in the vault. */
  key: string;
  /** The confirmation for a backup without rows, which empties the target: an obstacle without it. */
  allowSchemaOnly: boolean;
  /** A restore whose locks may fit, but are not sure to: an obstacle without this confirmation. @default false */
  allowTightLockTable?: boolean;
  /** The confirmation that foreign keys with orphans come back unvalidated: an obstacle without it. @default false */
  allowOrphans?: boolean;
  /** The backup's key, as the confirmation that it need not be signed by a key of this installation. @default null */
  allowUnsigned?: string | null;
  /** As of a restore: the key of a backup whose privileges an archive without any gets, or `newest`. @default null */
  privilegesFrom?: string | null;
  /** Who requests the plan: whether that account can sign in afterwards is part of it. @default null */
  requester?: string | null;
  /** Larger archives are not read. @default {@link READ_UP_TO} */
  readUpTo?: number;
}

export interface PlanContext {
  connection: Connection;
  tools: ClientTools;
  vault: Vault;
  progress: Progress;
  /** What is compared of the business. @default nothing */
  measures?: readonly MeasureDefinition[];
  signal?: AbortSignal;
  /** Earlier restores into the target. @throws {BackupError} `catalog_unavailable`. */
  pastRestores: (target: Target) => Promise<PastRestore[]>;
}

/** Facts that a backup with fewer proofs does not hold. */
export type Unknown = "rows" | "sequences" | "schema" | "roles" | "extensions" | "raw_size";

export interface RestorePlan extends SchemaComparison {
  target: Target;
  backup: {
    key: string;
    createdAt: string;
    mode: Mode;
    /** To download. */
    bytes: number;
    rawBytes: number | null;
    serverVersion: string;
    dumpVersion: string;
    /** What its manifest proves: everything, the archive's hash alone, or nothing since there is none. */
    proofs: "complete" | "hash" | "none";
    unknown: Unknown[];
    reading: ArchiveReading;
  };
  account: PlannedAccount | null;
  server: { version: string; databaseBytes: number };
  tables: TablesPlan;
  /** `null`: nothing is defined on either side. */
  business: MeasureComparison | null;
  /** The catalog's own objects. */
  stays: Listed<string>;
  /** The archive holds no privileges: objects get those of their namesakes on the target or in another backup. */
  keepsTargetPrivileges: boolean;
  /** What is open and closed after the restore of such an archive; `null` for another one. */
  access: AccessPlan | null;
  /** Number of archive entries that are left out, by reason. */
  leftOut: Partial<Record<SkipReason, number>>;
  sessions: Listed<BlockingSession>;
  duration: DurationPlan;
  disk: PlannedDisk;
  /** Each of these would end the restore before it changes anything. */
  obstacles: Obstacle[];
}

const LISTED_SESSIONS = 50;
/** About half a minute of reading for a runner of GitHub. */
const READ_UP_TO = 2_000_000_000;

/**
 * Changes nothing, and takes no lock that others wait for.
 * @throws {BackupError} why the plan could not be made: `vault_object_missing`, `manifest_invalid`, `backup_unsigned`,
 * `archive_rejected`, `target_locked` when a table is locked exclusively, with the sessions that hold the lock.
 */
export async function planRestore(context: PlanContext, order: PlanOrder): Promise<RestorePlan> {
  const { createdAtUtc } = parseArchiveKey(order.key);
  context.progress.phase("inspect_backup");
  const { isSigned, ...backup } = await readBackup(context.vault, order);
  const hash = await readArchive(context, order, { ...backup, isSigned });
  const reading = readingOf(backup, hash);
  const hasPrivileges = backup.toc.entries.some(({ kind }) => kind === "ACL");
  const wanted = order.privilegesFrom ?? null;
  const source = await readPrivilegeSource(context.vault, { wanted, key: order.key, hasPrivileges });
  context.progress.phase("inspect_target");
  const now = await readTargetNow({ ...context, requester: order.requester }, backup.manifest);
  const kept = keptSchemas(backup.toc.entries, now.facts);
  const selection = selectEntries(backup.toc.entries, { ...now.facts, keptSchemas: kept });
  return {
    target: order.target,
    backup: { ...describeBackup(order.key, createdAtUtc, backup), reading },
    account: now.account,
    server: { version: now.server.version, databaseBytes: now.server.databaseBytes },
    tables: planTables({ ...backup, selection }, now.tables),
    business: planBusiness(backup.manifest, now.measured),
    ...compareSchemas(backup, now),
    stays: list(now.facts.keepOps ? catalogObjects(now.fingerprint.lines) : []),
    keepsTargetPrivileges: !hasPrivileges,
    access: planAccess(backup.toc, selection, now.fingerprint.lines, source),
    leftOut: countByReason(selection),
    sessions: list(now.sessions, LISTED_SESSIONS),
    duration: await planDuration(() => context.pastRestores(order.target), backup.bytes),
    disk: serverDisk(now.server.databaseBytes, backup.manifest),
    obstacles: findObstacles({ ...order, ...backup, hash, now, selection }),
  };
}

async function readBackup(
  vault: Vault,
  { key, allowUnsigned = null }: PlanOrder,
): Promise<StoredBackup & { isSigned: boolean }> {
  const stored = await vault.head(key);
  if (!stored) throw new BackupError("vault_object_missing", `Cannot find ${key} in the vault`);
  const { manifest, trust } = await readSignedManifest(vault, key);
  requireTrusted(vault, key, trust, allowUnsigned);
  const proving = manifest && isProving(manifest) ? manifest : null;
  return {
    manifest,
    isSigned: trust.state === "signed",
    bytes: stored.bytes,
    toc: await readStoredToc(vault, key),
    lines: proving && await readFingerprintLines(vault, key, proving),
  };
}

/**
 * Reads the archive once, unless it is too large, and looks through one that is not signed as a restore does.
 * @returns its SHA-256; `null` when it was not read to its end: without a manifest, or too large
 * @throws {BackupError} `archive_rejected`, unless it is another one than its manifest's, which is an obstacle
 */
async function readArchive(
  { vault, progress, signal }: PlanContext,
  { key, readUpTo = READ_UP_TO }: PlanOrder,
  { manifest, bytes, isSigned }: StoredBackup & { isSigned: boolean },
): Promise<string | null> {
  if (bytes > readUpTo || isSigned && manifest === null) return null;
  const stored = new WholeRead(vault.download(key, signal), (done) => progress.bytes(done, bytes));
  const looked = isSigned
    ? null
    : requirePlainArchive(Readable.from(plainArchive(vault, key, stored.chunks(), signal)));
  const rejection = await looked?.then(() => null, toBackupError) ?? null;
  const { sha256 } = await stored.finish();
  if (rejection !== null && (manifest === null || manifest.sha256 === sha256)) throw rejection;
  return manifest === null ? null : sha256;
}

function readingOf({ manifest }: StoredBackup, hash: string | null): ArchiveReading {
  if (manifest === null) return "no_manifest";
  if (hash === null) return "too_large";
  return hash === manifest.sha256 ? "equal" : "different";
}

function planBusiness(manifest: AnyManifest | null, measured: Measured): MeasureComparison | null {
  const stored = manifest && isProving(manifest) ? manifest.measures : undefined;
  const comparison = compareMeasures(stored, measured);
  return comparison.compared.length + comparison.notCompared.length === 0 ? null : comparison;
}

function describeBackup(
  key: string,
  createdAt: string,
  { manifest, bytes, toc }: StoredBackup,
): Omit<RestorePlan["backup"], "reading"> {
  const proving = manifest !== null && isProving(manifest);
  return {
    key,
    createdAt: manifest?.created_at_utc ?? createdAt,
    mode: manifest?.mode ?? "full",
    bytes,
    rawBytes: proving ? manifest.raw_bytes : null,
    serverVersion: toc.serverVersion,
    dumpVersion: toc.dumpVersion,
    proofs: proving ? "complete" : manifest ? "hash" : "none",
    unknown: proving ? [] : ["rows", "sequences", "schema", "roles", "extensions", "raw_size"],
  };
}

function countByReason({ skipped }: Selection): RestorePlan["leftOut"] {
  const counts: RestorePlan["leftOut"] = {};
  for (const { reason } of skipped) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
