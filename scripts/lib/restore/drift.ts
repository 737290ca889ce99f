/** Compares the target with its plan, as late as possible: after the safety copy, which may take long. */
import { BackupError } from "@backup/errors.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import type { Target } from "@backup/target.ts";
import { LOCK_TIMEOUT_MS } from "../postgres/lock_holders.ts";
import { changesSincePlan, type PlanChanges } from "./plan_changes.ts";
import { schemaDifferences } from "./plan_comparison.ts";
import { readTargetNow, type TargetAccess } from "./read_target.ts";
import type { Expectation } from "./verify.ts";

/** @throws {BackupError} `plan_required` when the plan is of another restore. */
export function requirePlanOf({ backup, target }: PlannedRestore, into: Target, key: string): void {
  if (target === into && backup.key === key) return;
  throw new BackupError(
    "plan_required",
    `Cannot restore ${key} into ${into}: the plan is of ${backup.key} into ${target}`,
    { hint: "Plan this restore." },
  );
}

/** Changes are reported and do not stop the restore, which checks its own result. */
export async function readDrift(
  access: TargetAccess,
  plan: PlannedRestore,
  manifest: AnyManifest | null,
  { rows, fingerprintLines }: Expectation,
): Promise<PlanChanges> {
  const { lockTimeoutMs = LOCK_TIMEOUT_MS } = access;
  const now = await readTargetNow({ ...access, lockTimeoutMs }, manifest);
  const proving = manifest && isProving(manifest) ? manifest : null;
  return changesSincePlan(plan, {
    tables: now.tables,
    backupRows: rows,
    differences: proving && fingerprintLines && schemaDifferences(proving, fingerprintLines, now),
  });
}
