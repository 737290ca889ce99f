/**
 * A restore from beginning to end. Nothing of the target is touched before the archive was downloaded and
 * found equal to its manifest, and a safety copy of the target was taken and proven like any backup.
 */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { SAFETY_LABEL } from "@backup/label.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { isRestoreConfirmed, type Target } from "@backup/target.ts";
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import { type BackupOrder, takeBackup, type TakenBackup } from "../backup/take_backup.ts";
import { applySettings } from "../postgres/database_facts.ts";
import { restoreSql } from "./restore_sql.ts";
import type { Progress } from "../run/progress.ts";
import { PsqlSession } from "../postgres/psql.ts";
import type { Vault } from "../vault/vault.ts";
import { type FetchedBackup, readFingerprintLines, withFetchedBackup } from "../vault/fetch_backup.ts";
import { requireLockTable } from "./lock_table.ts";
import type { PlanChanges } from "./plan_changes.ts";
import { readDrift, requirePlanOf } from "./drift.ts";
import { selectEntries } from "../archive/select_entries.ts";
import { readTargetFacts, type TargetFacts } from "./target_facts.ts";
import { type Loaded, type RestoreDeps, restoreInTransaction } from "./transaction.ts";
import type { Expectation } from "./verify.ts";

export interface RestoreOrder {
  target: Target;
  /** Key of the archive in the vault. */
  key: string;
  /** `RESTORE_PROD` for production. */
  confirm: string | null;
  /** A backup without rows empties the target: only on this explicit word. */
  allowSchemaOnly: boolean;
  /** The confirmation for a restore whose locks may fit, but are not sure to. @default false */
  allowTightLockTable?: boolean;
  /** The plan on whose ground the restore was decided: where the target changed since is told. */
  plan?: PlannedRestore | null;
  /** How the target is saved first; `null` only for a throwaway target. */
  safety: Omit<BackupOrder, "target" | "mode" | "verify" | "label" | "previous" | "allowShrink"> | null;
}

export interface RestoreContext extends RestoreDeps {
  vault: Vault;
  now: () => Date;
}

export interface Restored {
  manifest: AnyManifest | null;
  safety: TakenBackup | null;
  verified: Loaded;
  skipped: { kind: string; name: string; reason: string }[];
  /** Where the target was not as the plan had seen it, just before the restore; `null` without a plan. */
  changedSincePlan: PlanChanges | null;
  /** What was left to do and failed; the restore itself is committed and good. */
  warnings: string[];
}

/** @throws {BackupError} with the phase; the target is as it was unless the code is `restore_outcome_unknown`. */
export async function restoreBackup(context: RestoreContext, order: RestoreOrder): Promise<Restored> {
  requireConfirmation(order);
  return await withFetchedBackup(context, order.key, (backup) => restoreFetched(context, order, backup));
}

/** The same, of a backup that is on this machine already. */
export async function restoreFetched(
  context: RestoreContext,
  order: Omit<RestoreOrder, "key">,
  { key, manifest, archiveFile, toc }: FetchedBackup,
): Promise<Restored> {
  requireConfirmation(order);
  requireRows(key, manifest, order.allowSchemaOnly);
  if (order.plan) requirePlanOf(order.plan, order.target, key);
  context.progress.phase("inspect");
  const target = await inspectTarget(context, manifest);
  const selection = selectEntries(toc.entries, target);
  requireLockTable(toc, selection, target.lockTable, order.allowTightLockTable ?? false);
  const safety = order.safety && await takeSafetyCopy(context, order.target, order.safety);
  const expected = await expectationOf(context.vault, key, manifest, target.keepOps);
  const changedSincePlan = order.plan ? await readDrift(context, order.plan, manifest, expected) : null;
  const verified = await restoreInTransaction(context, {
    archiveFile,
    selection,
    expected,
    keepPrivileges: !toc.entries.some(({ kind }) => kind === "ACL"),
    missingRoles: target.missingRoles,
  });
  const skipped = selection.skipped.map(({ entry, reason }) => ({
    kind: entry.kind,
    name: entry.tag,
    reason,
  }));
  return { manifest, safety, verified, skipped, changedSincePlan, warnings: await tidyUp(context) };
}

function requireConfirmation({ target, confirm }: Pick<RestoreOrder, "target" | "confirm">): void {
  if (isRestoreConfirmed(target, confirm)) return;
  throw new BackupError(
    "confirmation_required",
    "Cannot restore into prod: the confirmation is missing or wrong",
    {
      hint: "Pass CONFIRM=RESTORE_PROD.",
    },
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

async function inspectTarget(context: RestoreContext, manifest: AnyManifest | null): Promise<TargetFacts> {
  const { connection, tools, signal } = context;
  const session = await PsqlSession.open({ psql: tools.psql, connection, signal });
  try {
    await session.run("begin read only;");
    await applySettings(session);
    return await readTargetFacts(session, manifest);
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
      verify: false,
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
  keepOps: boolean,
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
      ignoredAreas: {},
    };
  }
  return {
    mode: manifest.mode,
    sourceMajor: Number.parseInt(manifest.server_version),
    rows: manifest.mode === "full" ? manifest.rows : null,
    sequences: manifest.mode === "full" ? manifest.sequences : null,
    platformSequences: manifest.platform_sequences,
    fingerprint: manifest.fingerprint,
    fingerprintLines: await readFingerprintLines(vault, key, manifest),
    ignoredAreas: keepOps ? { "~ops": "the catalog's own objects: they stay as they are" } : {},
  };
}

/** After COMMIT: the old content's end, then statistics for the planner. Neither can take the restore back. */
async function tidyUp(context: RestoreContext): Promise<string[]> {
  const { connection, tools, signal, progress } = context;
  const warnings: string[] = [];
  for (
    const [phase, sql] of [["cleanup", await restoreSql("cleanup.sql")], ["analyze", "analyze;"]] as const
  ) {
    progress.phase(phase);
    try {
      const session = await PsqlSession.open({ psql: tools.psql, connection, signal });
      await session.run("set client_min_messages = error;");
      await session.run(sql);
      await session.close();
    } catch (error) {
      warnings.push(`${phase}: ${toBackupError(error).message}`);
    }
  }
  return warnings;
}
