/** What a restore is asked for, and what it works with. */
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import type { Target } from "@backup/target.ts";
import type { Omission } from "../archive/omission.ts";
import type { BackupOrder } from "../backup/take_backup.ts";
import type { MeasureDefinition } from "../postgres/measure_definitions.ts";
import type { Vault } from "../vault/vault.ts";
import type { RestoreDeps } from "./transaction.ts";

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
  /** What the safety copy measures of the business. @default nothing */
  measures?: readonly MeasureDefinition[];
  /** Whether the planner gets statistics of the restored tables. @default true */
  statistics?: boolean;
}
