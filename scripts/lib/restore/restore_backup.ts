/**
 * Restores a backup into a target database, from the download to the cleanup. The content of the target is not changed
 * before the archive is on this machine and equal to its manifest, and a safety copy of the target is stored and read back.
 */
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { PlannedDisk } from "@backup/runs/restore_plan.ts";
import type { TakenBackup } from "../backup/take_backup.ts";
import { applySettings } from "../postgres/database_facts.ts";
import { PsqlSession } from "../postgres/psql.ts";
import { type FetchedBackup, withFetchedBackup } from "../vault/fetch_backup.ts";
import { selectEntries } from "../archive/select_entries.ts";
import { cleanUp } from "./clean_up.ts";
import { requireApproved, requireConfirmation, requireRows } from "./confirmation.ts";
import { readDrift, requirePlanOf } from "./drift.ts";
import { expectationOf } from "./expectation.ts";
import { keptSchemas } from "./kept_schemas.ts";
import { type KeptContent, LateWrites } from "./late_writes.ts";
import { requireLockTable } from "./lock_table.ts";
import { lossText, notCarried } from "./not_restored.ts";
import type { PlanChanges } from "./plan_changes.ts";
import { readPrivilegeSource } from "./privilege_source.ts";
import type { RestoreContext, RestoreOrder } from "./restore_order.ts";
import { takeSafetyCopy } from "./safety_copy.ts";
import { diskLine, serverDisk } from "./server_disk.ts";
import { withStage } from "./stage.ts";
import { readTargetFacts, type RestoreTargetFacts } from "./target_facts.ts";
import { withTargetLock } from "./target_lock.ts";
import { requireRestorable } from "./target_obstacles.ts";
import { type Loaded, restoreInTransaction } from "./transaction.ts";
import { unvalidatedKeys } from "./unvalidated_keys.ts";

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
        { key: order.key, allowUnsigned: order.allowUnsigned ?? null, isEarly: true },
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
  const { extensionNames } = target;
  const staged = { toc, selection, extensionNames, unvalidatedKeys: keys, salvage };
  requireLockTable(staged, target.lockTable, order.allowTightLockTable ?? false);

  // Fetch the facts to compare with before anything is loaded: where the vault does not have them, no load is lost.
  const expected = await expectationOf(context.vault, key, manifest, target, keys, omission);

  // Load beside the living content what needs nothing of it. The target's old content stays in use meanwhile.
  const { entries } = toc;
  const { lateWrites, ...done } = await withStage(
    context,
    { ...staged, archive, rawBytes: manifest && isProving(manifest) ? manifest.raw_bytes : null },
    async (stage) => {
      // Until here the archive was loaded as it arrived, member by member. From here on all of it equals its manifest.
      await archive.whole();

      // Store a copy of the target and read it back, as late as possible: what is written to the target after it is
      // not in it. From here on the restore can be undone even after its COMMIT.
      const safety = order.safety && await takeSafetyCopy(context, order.target, order.safety);

      const lateWrites = safety && new LateWrites(safety);

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
