/** What has to be confirmed before a restore reads anything of its target. */
import { BackupError } from "@backup/errors.ts";
import { isRestoreConfirmed, isSalvageConfirmed, isSourceConfirmed } from "@backup/target.ts";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import type { RestoreOrder } from "./restore_order.ts";

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

/** @throws {BackupError} `approval_required`: the approval was of other bytes. */
export function requireApproved(key: string, manifest: AnyManifest | null, approved: string | null): void {
  if (approved === null || manifest?.sha256 === approved) return;
  throw new BackupError(
    "approval_required",
    `Cannot restore ${key}: its content has the SHA-256 ${
      manifest?.sha256 ?? "of no manifest"
    }, ${approved} was approved`,
    { hint: "Request the restore again." },
  );
}

/** @throws {BackupError} `archive_rejected`: the confirmation is missing that the target will be empty. */
export function requireRows(key: string, manifest: AnyManifest | null, allowSchemaOnly: boolean): void {
  if (manifest?.mode !== "schema-only" || allowSchemaOnly) return;
  throw new BackupError(
    "archive_rejected",
    `Cannot restore ${key}: it holds no rows, the target would be empty`,
    {
      hint: "Pass ALLOW_SCHEMA_ONLY=yes if that is what you want.",
    },
  );
}
