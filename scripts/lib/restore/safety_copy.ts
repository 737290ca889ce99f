/** The copy of the target that a restore stores first, so that it can be undone after its COMMIT. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { SAFETY_LABEL } from "@backup/label.ts";
import type { Target } from "@backup/target.ts";
import { takeBackup, type TakenBackup } from "../backup/take_backup.ts";
import type { Progress } from "../run/progress.ts";
import type { RestoreContext, RestoreOrder } from "./restore_order.ts";

/** Stores the copy and reads it back. @throws {BackupError} `safety_backup_failed` with the reason. */
export async function takeSafetyCopy(
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
