/**
 * Takes a backup. Objects are written in this order, so that an incomplete backup is never listed as one:
 * archive (confirmed at the vault, its contents read back) → index → fingerprint text → recovery instructions → manifest, last.
 * After any failure the objects that this run wrote are rolled back.
 */
import { gzipSync } from "node:zlib";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { type ArchiveMember, formatIndex, INDEX_VERSION } from "@backup/vault/archive_index.ts";
import { sha256Hex } from "@backup/vault/canonical.ts";
import { type Manifest, MANIFEST_VERSION, sealManifest, signManifest } from "@backup/vault/manifest.ts";
import { type BackupKeys, buildKeys, isEncryptedKey, toUtcSecond } from "@backup/vault/object_key.ts";
import type { Mode, Target } from "@backup/target.ts";
import type { Warning } from "@backup/vault/warnings.ts";
import type { ArchiveWalk } from "../archive/archive_walk.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { BackupFiles } from "../vault/uploaded_files.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Gzip } from "../process/gzip.ts";
import type { MeasureDefinition } from "../postgres/measure_definitions.ts";
import { LOCK_TIMEOUT_MS } from "../postgres/lock_holders.ts";
import type { Progress } from "../run/progress.ts";
import { choosePartSize, type Upload, type Vault } from "../vault/vault.ts";
import {
  countEntries,
  type Predecessor,
  requirePlausibleSize,
  requireTables,
  sequenceValues,
} from "../archive/contents.ts";
import { encryptionOf, encryptTo } from "./encrypted_archive.ts";
import { readStoredToc } from "../vault/stored_toc.ts";
import { recoveryText } from "./recovery_text.ts";
import { TOOL_VERSION } from "../run/tool_version.ts";
import type { Snapshot, SnapshotFacts } from "./snapshot.ts";
import { withDump } from "./with_dump.ts";

export interface BackupOrder {
  target: Target;
  mode: Mode;
  label: string | null;
  requestedBy: string;
  requestId: string;
  run: Manifest["run"];
  gitSha: string | null;
  /** Read the whole stored object back and compare its SHA-256. */
  verify: boolean;
  /** The target's previous full backup: the expected size of this one. */
  previous: Predecessor | null;
  /** Accepts a full backup that is far smaller than its predecessor. */
  allowShrink?: boolean;
}

export interface BackupDeps {
  connection: Connection;
  tools: ClientTools;
  gzip: Gzip;
  vault: Vault;
  progress: Progress;
  now: () => Date;
  /** What the manifest measures of the business. @default nothing */
  measures?: readonly MeasureDefinition[];
  /** How long a table's lock is waited for. Default: {@link LOCK_TIMEOUT_MS}. */
  lockTimeoutMs?: number;
  signal?: AbortSignal;
}

export interface TakenBackup {
  keys: BackupKeys;
  /** As it was stored, with its signature. */
  manifest: Manifest;
  /** When the whole object was read back, `null` without `verify`. */
  verifiedAt: string | null;
  /** The first transaction (xid8) that may be missing in it. */
  firstMissing: string;
}

interface Dumped {
  upload: Upload;
  walk: ArchiveWalk;
  members: readonly ArchiveMember[];
  facts: SnapshotFacts;
  snapshot: Snapshot;
}

export async function takeBackup(deps: BackupDeps, order: BackupOrder): Promise<TakenBackup> {
  const started = deps.now();
  const keys = buildKeys({ target: order.target, createdAtUtc: toUtcSecond(started), label: order.label }, {
    encrypted: deps.vault.encryption.recipients.length > 0,
  });
  const files = new BackupFiles(deps.vault, keys.archive, order.requestId);
  try {
    await files.requireFree();
    const dumped = await dumpToVault(deps, order, keys, files);
    deps.progress.phase("verify");
    // this machine cannot read an encrypted archive back
    const toc = isEncryptedKey(keys.archive)
      ? dumped.walk.toc
      : await readStoredToc(deps.vault, keys.archive);
    requireTables(toc, order.mode, dumped.facts.tables);
    requirePlausibleSize(order, dumped.upload.bytes, dumped.facts.tables);
    if (order.verify) await rereadObject(deps, dumped.upload);
    deps.progress.phase("manifest");
    const index = await writeIndex(deps, keys, files, dumped);
    const composed = composeManifest(deps, order, keys, dumped, toc, index, started);
    const manifest = await signManifest(keys.manifest, composed, deps.vault.signer);
    await files.put(
      keys.fingerprint,
      gzipSync(dumped.facts.fingerprint.lines.join("\n") + "\n"),
      "application/gzip",
    );
    const recovery = recoveryText(keys, manifest, toc, deps.vault.bucket);
    await files.put(keys.recovery, recovery, "text/markdown; charset=utf-8");
    await writeManifest(files, deps.vault, keys.manifest, manifest);
    const { firstMissing } = dumped.snapshot;
    return { keys, manifest, verifiedAt: order.verify ? deps.now().toISOString() : null, firstMissing };
  } catch (error) {
    await files.rollback((line) => deps.progress.log(line));
    throw error;
  }
}

async function dumpToVault(
  deps: BackupDeps,
  order: BackupOrder,
  keys: BackupKeys,
  files: BackupFiles,
): Promise<Dumped> {
  const { progress, lockTimeoutMs = LOCK_TIMEOUT_MS } = deps;
  let isFirst = true;
  const onSnapshot = () => {
    if (isFirst) progress.phase("dump");
    isFirst = false;
  };
  const log = (line: string) => progress.log(line);
  return await withDump({ ...deps, mode: order.mode, lockTimeoutMs, log, onSnapshot }, async (attempt) => {
    const { snapshot } = attempt;
    // a failure ends the upload
    attempt.facts().then(({ tables }) => progress.rows?.(countAll(tables))).catch(() => {});
    const archive = encryptTo(deps.vault.encryption.recipients, attempt.bytes(), deps.signal);
    const upload = await files.upload(keys.archive, archive, {
      partSize: choosePartSize(snapshot.server.databaseBytes),
      onProgress: (bytes) => progress.bytes(bytes, order.previous?.bytes ?? null),
    });
    return { upload, ...attempt.dumped, facts: await attempt.facts(), snapshot };
  });
}

/**
 * Stores the index of an archive that can be read in parts: an encrypted one cannot. Without its index a backup is as good,
 * and reading some of its rows is slower: where it cannot be stored, the manifest says so.
 * @returns the fields of the manifest that say which index there is
 */
async function writeIndex(
  { progress, signal }: BackupDeps,
  keys: BackupKeys,
  files: BackupFiles,
  { walk: { tables }, members }: Dumped,
): Promise<{ index_sha256?: string; warnings: Warning[] }> {
  if (isEncryptedKey(keys.archive)) return { warnings: [] };
  const text = formatIndex({ version: INDEX_VERSION, members: [...members], tables });
  try {
    await files.put(keys.index, text, "application/json");
    return { index_sha256: await sha256Hex(text), warnings: [] };
  } catch (error) {
    signal?.throwIfAborted();
    const { message } = toBackupError(error);
    progress.log(`the index was not stored: ${message}`);
    return { warnings: [{ kind: "no_index", name: keys.index, detail: message, rows: null }] };
  }
}

async function rereadObject({ vault, progress, signal }: BackupDeps, upload: Upload): Promise<void> {
  const onBytes = (bytes: number) => progress.bytes(bytes, upload.bytes);
  const found = await vault.hash(upload.key, { onBytes, signal });
  if (found.sha256 === upload.sha256 && found.bytes === upload.bytes) return;
  throw new BackupError(
    "upload_mismatch",
    `Cannot confirm ${upload.key}: sent ${upload.bytes} bytes sha256 ${upload.sha256}, ` +
      `read back ${found.bytes} bytes ${found.sha256}`,
  );
}

async function writeManifest(
  files: BackupFiles,
  vault: Vault,
  key: string,
  manifest: Manifest,
): Promise<void> {
  const text = await sealManifest(manifest);
  await files.put(key, text, "application/json");
  if (await vault.text(key) === text) return;
  throw new BackupError(
    "upload_mismatch",
    `Cannot confirm ${key}: what was read back differs from what was written`,
  );
}

function countAll(tables: SnapshotFacts["tables"]): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

function composeManifest(
  deps: BackupDeps,
  order: BackupOrder,
  keys: BackupKeys,
  { upload, walk, facts, snapshot }: Dumped,
  toc: ArchiveToc,
  { warnings, ...index }: Awaited<ReturnType<typeof writeIndex>>,
  started: Date,
): Manifest {
  const { host, database, projectRef } = deps.connection;
  const tables = order.mode === "full" ? facts.tables : [];
  return {
    kind: "supabase_db_backup",
    target: order.target,
    mode: order.mode,
    created_at_utc: toUtcSecond(started),
    file: keys.archive.split("/").at(-1) ?? keys.archive,
    sha256: upload.sha256,
    bytes: upload.bytes,
    git_sha: order.gitSha,
    ...encryptionOf(deps.vault.encryption.recipients),
    version: MANIFEST_VERSION,
    tool: { name: "revo-backups", version: TOOL_VERSION },
    label: order.label,
    raw_bytes: walk.rawBytes,
    compression: deps.gzip.name,
    duration_ms: deps.now().getTime() - started.getTime(),
    server_version: snapshot.server.version,
    client_version: deps.tools.version,
    source: { host, database, project_ref: projectRef },
    requested_by: order.requestedBy,
    request_id: order.requestId,
    run: order.run,
    rows: Object.fromEntries(tables.map(({ key, rows }) => [key, rows])),
    tables_total: tables.length,
    rows_total: countAll(tables),
    sequences: sequenceValues(toc),
    platform_sequences: facts.platformSequences,
    migration_head: facts.migrationHead,
    extensions: facts.extensions,
    roles: facts.roles,
    toc: countEntries(toc),
    fingerprint: facts.fingerprint.areas,
    ...index,
    ...facts.measures === undefined ? {} : { measures: facts.measures },
    warnings: [...facts.warnings, ...warnings],
  };
}
