/**
 * Restores a backup into a target database, from the download to the cleanup. The target is not changed before the
 * archive is on this machine and equal to its manifest, and a safety copy of the target is stored and read back.
 */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { restoredRows } from "@backup/vault/platform.ts";
import { SAFETY_LABEL } from "@backup/label.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { Warning } from "@backup/vault/warnings.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { isRestoreConfirmed, isSalvageConfirmed, isSourceConfirmed, type Target } from "@backup/target.ts";
import type { PlannedDisk, PlannedRestore } from "@backup/runs/restore_plan.ts";
import { type BackupOrder, takeBackup, type TakenBackup } from "../backup/take_backup.ts";
import { applySettings, fingerprintOf } from "../postgres/database_facts.ts";
import { withReachableOwners } from "../postgres/fingerprint_differences.ts";
import { restoreSql } from "./restore_sql.ts";
import type { Progress } from "../run/progress.ts";
import { PsqlSession } from "../postgres/psql.ts";
import type { Vault } from "../vault/vault.ts";
import { type FetchedBackup, readFingerprintLines, withFetchedBackup } from "../vault/fetch_backup.ts";
import { diskLine, serverDisk } from "./server_disk.ts";
import { readPrivilegeSource } from "./privilege_source.ts";
import { describeKept, type KeptContent, LateWrites } from "./late_writes.ts";
import { requireLockTable } from "./lock_table.ts";
import type { PlanChanges } from "./plan_changes.ts";
import { readDrift, requirePlanOf } from "./drift.ts";
import { selectEntries } from "../archive/select_entries.ts";
import { contentWithout, type Omission } from "../archive/omission.ts";
import { keptSchemas } from "./kept_schemas.ts";
import { withStage } from "./stage.ts";
import { type ArchivedKey, unvalidatedKeys, withUnvalidated } from "./unvalidated_keys.ts";
import { requireRestorable } from "./target_obstacles.ts";
import { readTargetFacts, type RestoreTargetFacts } from "./target_facts.ts";
import { withTargetLock } from "./target_lock.ts";
import { type Loaded, type RestoreDeps, restoreInTransaction } from "./transaction.ts";
import type { Expectation } from "./verify.ts";

export interface RestoreOrder {
  target: Target;
  /** Key of the archive in the vault. */
  key: string;
  /** `RESTORE_PROD` for production. */
  confirm: string | null;
  /** The target that the backup is of, for a backup of another target into production. @default null */
  confirmSource?: string | null;
  /** The confirmation for a backup without rows, which empties the target. */
  allowSchemaOnly: boolean;
  /** The confirmation for a restore whose locks may fit, but are not sure to. @default false */
  allowTightLockTable?: boolean;
  /** The confirmation that foreign keys with orphans come back unvalidated. @default false */
  allowOrphans?: boolean;
  /** The backup's key, as the confirmation that it need not be signed by a key of this installation. @default null */
  allowUnsigned?: string | null;
  /** Brings what can be brought and lists the rest; into production only with its own confirmation. @default false */
  salvage?: boolean;
  /** `SALVAGE_PROD`, for a salvage into production. @default null */
  confirmSalvage?: string | null;
  /** Every user of the target has to sign in again. @default false */
  endSessions?: boolean;
  /** The SHA-256 of the archive that a second user approved; `null` without an approval. @default null */
  approvedSha256?: string | null;
  /**
   * For an archive without privileges: the key of a backup whose privileges its objects get, or `newest`.
   * @default null those of the target's objects of the same name
   */
  privilegesFrom?: string | null;
  /** Statements that run after the checks, in the same transaction; `null` for a target that goes on as production. */
  quarantine: string | null;
  /** Objects that a drill does not load, since its server lacks what they need. */
  omission?: Omission;
  /** The plan that the restore was decided on: changes of the target since then are reported. */
  plan?: PlannedRestore | null;
  /** Who requests the safety copy of the target; `null` only for a target without content to lose. */
  safety: Omit<BackupOrder, "target" | "mode" | "verify" | "label" | "previous" | "allowShrink"> | null;
}

export interface RestoreContext extends RestoreDeps {
  vault: Vault;
  /** Bytes that fit into a folder. @default what the system says */
  roomIn?: (folder: string) => Promise<number>;
  now: () => Date;
  /** Sessions that load beside the living content, and as many that build there. Default: by what the server tells. */
  jobs?: number;
  /** Whether the planner gets statistics of the restored tables. @default true */
  statistics?: boolean;
}

/** The outcome of a committed restore. */
export interface RestoreResult {
  manifest: AnyManifest | null;
  safety: TakenBackup | null;
  verified: Loaded;
  skipped: { kind: string; name: string; reason: string }[];
  /** Bytes on the server, as in its plan. */
  disk: PlannedDisk;
  /** The backup whose privileges the objects of an archive without privileges got. */
  privilegesFrom: string | null;
  /** What others wrote to the target since its safety copy, and where it stays; `null`: nothing, or no copy. */
  kept: KeptContent | null;
  /** Differences between the plan and the target just before the restore; `null` without a plan. */
  changedSincePlan: PlanChanges | null;
  /** What went with the old content, and steps after COMMIT that failed; the restore itself is committed. */
  warnings: string[];
}

/** @throws {BackupError} with the phase; the target is as it was unless the code is `restore_outcome_unknown`. */
export async function restoreBackup(context: RestoreContext, order: RestoreOrder): Promise<RestoreResult> {
  requireConfirmation(order, order.key);
  // Keep other restores out from the beginning: one that was requested later would otherwise be replaced by this one.
  return await withTargetLock(
    context,
    (session) =>
      withFetchedBackup(
        context,
        { key: order.key, allowUnsigned: order.allowUnsigned ?? null },
        (backup) => restoreLocked(context, session, order, backup),
      ),
  );
}

/**
 * Restores a backup that is on this machine already and was compared with its manifest.
 * @throws {BackupError} as {@link restoreBackup}.
 */
export async function restoreFetched(
  context: RestoreContext,
  order: Omit<RestoreOrder, "key">,
  backup: FetchedBackup,
): Promise<RestoreResult> {
  requireConfirmation(order, backup.key);
  return await withTargetLock(context, (session) => restoreLocked(context, session, order, backup));
}

/** @param session holds the target's lock, and loads */
async function restoreLocked(
  context: RestoreContext,
  session: PsqlSession,
  order: Omit<RestoreOrder, "key">,
  { key, manifest, archive, toc }: FetchedBackup,
): Promise<RestoreResult> {
  // Refuse what the order and the manifest decide, before the target is read.
  requireRows(key, manifest, order.allowSchemaOnly);
  requireApproved(key, manifest, order.approvedSha256 ?? null);
  if (order.plan) requirePlanOf(order.plan, order.target, key);

  // Read from the target what decides which entries of the archive can be restored: its extensions, its roles, and
  // whether it holds the catalog, which a restore leaves as it is.
  context.progress.phase("inspect");
  const hasPrivileges = toc.entries.some(({ kind }) => kind === "ACL");
  const privilegeSource = await readPrivilegeSource(context.vault, {
    wanted: order.privilegesFrom ?? null,
    key,
    hasPrivileges,
  });
  const target = await inspectTarget(context, manifest, privilegeSource?.roles ?? []);
  const kept = keptSchemas(toc.entries, target);
  const { omission } = order;
  const selection = selectEntries(toc.entries, { ...target, keptSchemas: kept, omitted: omission?.dumpIds });

  // Refuse what this target or its platform cannot take, before anything waits for a lock or is copied.
  const { allowOrphans, salvage = false } = order;
  requireRestorable({ manifest, toc, selection, facts: target, allowOrphans, omission, salvage });

  // Say what the server's disk has to hold: old and new content until the cleanup. No server says how much is free.
  const disk = serverDisk(target.databaseBytes, manifest);
  context.progress.log(diskLine(disk));

  // Check the size of the lock table now: an overflow in the middle of the load would fail other sessions too.
  const keys = salvage ? [] : unvalidatedKeys(toc.entries, manifest);
  const staged = { toc, selection, unvalidatedKeys: keys, salvage };
  requireLockTable(staged, target.lockTable, order.allowTightLockTable ?? false);

  // Load beside the living content what needs nothing of it. The target's old content stays in use meanwhile.
  const { entries } = toc;
  const { lateWrites, ...done } = await withStage(
    context,
    { ...staged, archive, rawBytes: manifest && isProving(manifest) ? manifest.raw_bytes : null },
    async (stage) => {
      // Store a copy of the target and read it back, as late as possible: what is written to the target after it is
      // not in it. From here on the restore can be undone even after its COMMIT.
      const safety = order.safety && await takeSafetyCopy(context, order.target, order.safety);

      const lateWrites = safety && new LateWrites(safety);

      // Fetch the facts to compare with before the transaction begins, so that no request to the vault prolongs its locks.
      const expected = await expectationOf(context.vault, key, manifest, target, keys, omission);

      // Compare the target with the plan as late as possible: the load and the safety copy may have taken long.
      // Differences are reported only, since the transaction checks its own result.
      const changedSincePlan = order.plan ? await readDrift(context, order.plan, manifest, expected) : null;

      // Replace the content and compare the result in one transaction. Everything before its COMMIT leaves no trace.
      const verified = await restoreInTransaction(context, session, {
        archive,
        stage,
        selection,
        expected,
        keepPrivileges: !hasPrivileges,
        privilegeSource,
        missingRoles: target.missingRoles,
        entries,
        ownRoles: target.ownRoles,
        keptSchemas: kept,
        unvalidatedKeys: keys,
        salvage,
        endSessions: order.endSessions ?? false,
        quarantine: order.quarantine,
        lateWrites,
      });
      return { safety, lateWrites, changedSincePlan, verified };
    },
  );
  const skipped = selection.skipped.map(({ entry, reason }) => ({
    kind: entry.kind,
    name: entry.tag,
    reason,
  }));

  // Keep the old content for a day if it holds what neither the backup nor the safety copy has; else drop it, and update
  // the planner's statistics. A failure here is a warning: the data is restored.
  const cleaned = await cleanUp(context, lateWrites);
  return {
    manifest,
    ...done,
    skipped,
    disk,
    kept: cleaned.kept,
    privilegesFrom: privilegeSource?.key ?? null,
    warnings: [...target.dependents.map(lossText), ...notCarried(manifest, target), ...cleaned.warnings],
  };
}

/** @throws {BackupError} `confirmation_required`, `source_confirmation_required`, `backup_unsigned`, `invalid_r2_key`. */
export function requireConfirmation(
  { target, confirm, confirmSource, salvage, confirmSalvage, allowUnsigned = null }: Pick<
    RestoreOrder,
    "target" | "confirm" | "confirmSource" | "salvage" | "confirmSalvage" | "allowUnsigned"
  >,
  key: string,
): void {
  const { target: source } = parseArchiveKey(key);
  if (!isRestoreConfirmed(target, confirm)) {
    throw new BackupError(
      "confirmation_required",
      "Cannot restore into prod: the confirmation is missing or wrong",
      { hint: "Pass CONFIRM=RESTORE_PROD." },
    );
  }
  if (salvage && !isSalvageConfirmed(target, confirmSalvage)) {
    throw new BackupError(
      "confirmation_required",
      "Cannot salvage into prod: the confirmation of the losses is missing or wrong",
      { hint: "A salvage brings back what it can, and no more. Pass CONFIRM_SALVAGE=SALVAGE_PROD as well." },
    );
  }
  if (salvage && target === "prod" && allowUnsigned !== null) {
    throw new BackupError("backup_unsigned", `Cannot salvage ${key} into prod: it is not signed`, {
      hint:
        "A salvage goes on after errors, in which rows may be read as statements. Salvage it into dev or verify, look at it, " +
        "and restore a backup of that database.",
    });
  }
  if (isSourceConfirmed({ source, target }, confirmSource)) return;
  throw new BackupError(
    "source_confirmation_required",
    `Cannot restore into prod: ${key} is a backup of ${source}`,
    { hint: `Its accounts replace those of prod. Pass CONFIRM_SOURCE=${source} if that is what you want.` },
  );
}

/** What the source had and no backup holds, as far as the target lacks it. */
function notCarried(
  manifest: AnyManifest | null,
  { extensionRows }: Pick<RestoreTargetFacts, "extensionRows">,
): string[] {
  const warnings = manifest && isProving(manifest) ? manifest.warnings ?? [] : [];
  return warnings.flatMap(({ kind, name, rows }) => {
    if (kind === "user_mapping") return [`${name}: its user and password are in no backup`];
    const found = extensionRows.get(name) ?? 0;
    return kind === "extension_rows" && rows !== null && found < rows
      ? [`${name} of an extension: ${rows} own rows of the source are in no backup, the target has ${found}`]
      : [];
  });
}

function lossText({ name, detail }: Warning): string {
  return `${name} of ${detail} depended on the old content and went with it`;
}

function requireApproved(key: string, manifest: AnyManifest | null, approved: string | null): void {
  if (approved === null || manifest?.sha256 === approved) return;
  throw new BackupError(
    "approval_required",
    `Cannot restore ${key}: its content has the SHA-256 ${
      manifest?.sha256 ?? "of no manifest"
    }, ${approved} was approved`,
    { hint: "Request the restore again." },
  );
}

function requireRows(key: string, manifest: AnyManifest | null, allowSchemaOnly: boolean): void {
  if (manifest?.mode !== "schema-only" || allowSchemaOnly) return;
  throw new BackupError(
    "archive_rejected",
    `Cannot restore ${key}: it holds no rows, the target would be empty`,
    {
      hint: "Pass ALLOW_SCHEMA_ONLY=yes if that is what you want.",
    },
  );
}

async function inspectTarget(
  context: RestoreContext,
  manifest: AnyManifest | null,
  otherRoles: readonly string[],
): Promise<RestoreTargetFacts> {
  const { connection, tools, signal } = context;
  const session = await PsqlSession.open({ psql: tools.psql, connection, signal });
  try {
    await session.run("begin read only;");
    await applySettings(session);
    return await readTargetFacts(session, manifest, otherRoles);
  } finally {
    await session.close();
  }
}

async function takeSafetyCopy(
  context: RestoreContext,
  target: Target,
  safety: NonNullable<RestoreOrder["safety"]>,
): Promise<TakenBackup> {
  const { progress } = context;
  const asOnePhase: Progress = {
    phase: () => {},
    bytes: (done, expected) => progress.bytes(done, expected),
    log: (line) => progress.log(line),
  };
  progress.phase("safety_backup");
  try {
    const order = {
      ...safety,
      target,
      mode: "full",
      label: SAFETY_LABEL,
      verify: true,
      previous: null,
    } as const;
    return await takeBackup({ ...context, progress: asOnePhase }, order);
  } catch (thrown) {
    const cause = toBackupError(thrown);
    throw new BackupError(
      "safety_backup_failed",
      `Cannot take the safety copy of ${target}: ${cause.message}`,
      {
        phase: "safety_backup",
        cause,
        hint: cause.hint ?? undefined,
      },
    );
  }
}

async function expectationOf(
  vault: Vault,
  key: string,
  manifest: AnyManifest | null,
  { keepOps, user, ownRoles }: RestoreTargetFacts,
  keys: readonly ArchivedKey[],
  omission?: Omission,
): Promise<Expectation> {
  if (!manifest || !isProving(manifest)) {
    return {
      mode: manifest?.mode ?? "full",
      sourceMajor: null,
      rows: null,
      sequences: null,
      platformSequences: {},
      fingerprint: null,
      fingerprintLines: null,
      isOmitted: () => false,
      ignoredAreas: {},
      takenOver: [],
    };
  }
  const lines = await readFingerprintLines(vault, key, manifest);
  const loaded = contentWithout(omission, manifest, lines);
  const owned = withReachableOwners(withUnvalidated(loaded.lines, keys), user, ownRoles);
  return {
    mode: manifest.mode,
    sourceMajor: Number.parseInt(manifest.server_version),
    rows: manifest.mode === "full" ? restoredRows(loaded.rows) : null,
    sequences: manifest.mode === "full" ? loaded.sequences : null,
    platformSequences: manifest.platform_sequences,
    fingerprint: owned.from.length === 0 && keys.length === 0 && omission === undefined
      ? manifest.fingerprint
      : fingerprintOf(owned.lines).areas,
    fingerprintLines: owned.lines,
    isOmitted: (line) => omission?.covers(line) ?? false,
    ignoredAreas: keepOps ? { "~ops": "the catalog's own objects: they stay as they are" } : {},
    takenOver: [
      ...owned.from.map((owner) => `objects of ${owner}: they belong to ${user} now`),
      ...keys.map(({ schema, name }) => `foreign key ${schema}.${name}: restored NOT VALID, it has orphans`),
    ],
  };
}

/**
 * After COMMIT: drops the old content unless it is kept, then updates the planner's statistics.
 * @returns what is kept, and what failed. What could not be counted is not dropped.
 */
async function cleanUp(
  context: RestoreContext,
  lateWrites: LateWrites | null,
): Promise<{ kept: KeptContent | null; warnings: string[] }> {
  const { connection, tools, signal, progress, statistics = true } = context;
  const warnings: string[] = [];
  let kept: KeptContent | null = null;
  let isCounted = true;
  progress.phase("cleanup");
  try {
    kept = lateWrites && await lateWrites.keepWritten(connection, signal);
  } catch (error) {
    isCounted = false;
    warnings.push(
      `cleanup: what was written since the safety copy could not be counted, the old content stays: ${
        toBackupError(error).message
      }`,
    );
  }
  if (kept !== null) warnings.push(describeKept(kept));
  const steps = [
    ...(isCounted ? [["cleanup", await restoreSql("cleanup.sql")]] : []),
    ...(statistics ? [["analyze", "analyze;"]] : []),
  ];
  for (const [phase = "", sql = ""] of steps) {
    if (phase !== "cleanup") progress.phase(phase);
    try {
      const session = await PsqlSession.open({ psql: tools.psql, connection, signal });
      await session.run("set client_min_messages = error;");
      await session.run(sql);
      await session.close();
    } catch (error) {
      warnings.push(`${phase}: ${toBackupError(error).message}`);
    }
  }
  return { kept, warnings };
}
