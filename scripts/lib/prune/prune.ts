/** Retention for one target: survey, decisions and, when requested, deletion. */
import { toBackupError } from "@backup/errors.ts";
import { targetPrefix } from "@backup/vault/object_key.ts";
import { planRetention } from "@backup/retention/retention.ts";
import { type RetentionDecision, type RetentionPolicy } from "@backup/retention/policy.ts";
import type { Target } from "@backup/target.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Progress } from "../run/progress.ts";
import type { RefusedDeletion, UnfinishedUpload, Vault } from "../vault/vault.ts";
import { isBeingWritten, keysInUse, markAs } from "./catalog_marks.ts";
import { removeBackups, removeOrphans } from "./remove.ts";
import { requireStored } from "./require_stored.ts";
import { ORPHAN_AGE_MS, type Survey, surveyTarget } from "./survey.ts";

export interface PruneContext {
  vault: Vault;
  catalog: Catalog;
  policy: RetentionPolicy;
  now: () => Date;
  progress: Progress;
}

/** The decisions for one target. */
export interface PrunePlan {
  survey: Survey;
  /** Of `survey.candidates`, in the same order. */
  decisions: RetentionDecision[];
  /** Uploads that were not finished within a day; `null` from a vault that does not list them. */
  uploads: UnfinishedUpload[] | null;
}

export interface Pruned {
  deleted: { key: string; bytes: number }[];
  spared: string[];
  refused: RefusedDeletion[];
}

/** Decides without changing anything. @throws {BackupError} `catalog_unavailable`: holds are stored only in the catalog. */
export async function planPrune(context: PruneContext, target: Target): Promise<PrunePlan> {
  const { vault, catalog, policy, now, progress } = context;
  progress.phase("survey");
  const at = now();
  const vaultTime = await vault.clock();
  const survey = await surveyTarget(vault, catalog, target, vaultTime);
  const inUse = await keysInUse(catalog);
  const backups = survey.candidates.map(({ backup }) => backup);
  const decisions = planRetention(backups, policy, at, { inUse });
  return { survey, decisions, uploads: await oldUploads(context, target, vaultTime) };
}

async function oldUploads(
  { vault, catalog }: PruneContext,
  target: Target,
  vaultTime: Date,
): Promise<UnfinishedUpload[] | null> {
  if (await isBeingWritten(catalog, target)) return [];
  const uploads = await vault.unfinishedUploads(targetPrefix(target));
  return uploads && uploads.filter(({ begunAt }) => vaultTime.getTime() - begunAt.getTime() > ORPHAN_AGE_MS);
}

/**
 * Deletes what the plan decided to delete.
 * @throws {BackupError} `vault_error` before anything is deleted when a backup that is kept is missing
 */
export async function applyPrune(context: PruneContext, plan: PrunePlan): Promise<Pruned> {
  const { vault, catalog, progress } = context;
  const { candidates, orphans } = plan.survey;
  const keep = new Set(plan.decisions.filter((decision) => decision.keep).map(({ key }) => key));
  const expired = candidates.filter(({ backup }) => !keep.has(backup.key));
  if (expired.length > 0) await requireStored(vault, candidates.filter(({ backup }) => keep.has(backup.key)));
  // an interrupted deletion had deleted nothing, and retention keeps the backup now
  const revived = candidates.filter(({ backup, status }) => status === "deleted" && keep.has(backup.key));
  await markAs(catalog, vault.bucket, revived.map(({ backup }) => backup.key), "uploaded");
  progress.phase("delete");
  const { backups, spared, refused } = await removeBackups(vault, catalog, expired);
  progress.phase("clean");
  refused.push(...await removeOrphans(vault, orphans));
  for (const upload of plan.uploads ?? []) refused.push(...await abandon(vault, upload));
  return { deleted: backups.map(({ backup, bytes }) => ({ key: backup.key, bytes })), spared, refused };
}

async function abandon(vault: Vault, upload: UnfinishedUpload): Promise<RefusedDeletion[]> {
  try {
    await vault.abandonUpload(upload);
    return [];
  } catch (thrown) {
    const error = toBackupError(thrown);
    if (error.code === "vault_object_missing") return []; // another process has aborted it
    return [{ key: upload.key, reason: error.message }];
  }
}
