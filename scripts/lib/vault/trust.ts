/** Which objects of the vault are signed by a key of this installation, and what may be done with the others. */
import { BackupError } from "@backup/errors.ts";
import { type AnyManifest, parseManifest } from "@backup/vault/manifest.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { type Trust, UNSIGNED } from "@backup/vault/signature.ts";
import type { Vault } from "./vault.ts";

/** The manifest of a backup, and who vouches for it. */
export interface ReadManifest {
  /** `null` when there is none: a backup made by hand. */
  manifest: AnyManifest | null;
  trust: Trust;
}

/**
 * Reads the manifest beside an archive and checks its signature.
 * @throws {BackupError} `vault_object_missing` when there is neither, `manifest_invalid`, `manifest_too_new`, `vault_*`; a
 * signature that is not of this manifest, by a key that is trusted, is damage like another
 */
export async function readSignedManifest(vault: Vault, key: string): Promise<ReadManifest> {
  const { manifest: object } = siblingKeys(key);
  if (await vault.head(object) === null) {
    if (await vault.head(key) === null) {
      throw new BackupError("vault_object_missing", `Cannot find ${key} in the vault`);
    }
    return { manifest: null, trust: UNSIGNED };
  }
  return await parseSignedManifest(vault, key, await vault.text(object));
}

/** As {@link readSignedManifest}, of a text that was read. */
export async function parseSignedManifest(
  vault: Vault,
  key: string,
  text: string,
): Promise<{ manifest: AnyManifest; trust: Trust }> {
  const manifest = await parseManifest(text);
  const object = siblingKeys(key).manifest;
  const trust = await vault.trusted.judgeJson(object, JSON.parse(text));
  if (trust.state !== "forged") return { manifest, trust };
  throw new BackupError(
    "manifest_invalid",
    `Cannot use ${object}: its signature by ${trust.keyId} is not of this manifest`,
    { hint: "It was changed after the backup, or copied from another one. Use another backup." },
  );
}

/**
 * Who signed a backup, for its row in the catalog: the id of a key of this installation, else `null`.
 * `undefined` where there are no keys: nothing was checked, and what the row says of these bytes stays.
 */
export function signedBy({ trusted }: Pick<Vault, "trusted">, trust: Trust): string | null | undefined {
  if (trusted.isEmpty) return undefined;
  return trust.state === "signed" ? trust.keyId : null;
}

/** As {@link signedBy}, of a manifest that this process wrote. */
export async function signerOf(
  { trusted }: Pick<Vault, "trusted">,
  key: string,
  manifest: AnyManifest,
): Promise<string | null | undefined> {
  return signedBy({ trusted }, await trusted.judgeJson(siblingKeys(key).manifest, manifest));
}

/**
 * Whether an object without a valid signature counts as if it had one: where this installation has no keys. A signature
 * that cannot be checked here never counts.
 */
export function isTrusted({ trusted }: Pick<Vault, "trusted">, { state }: Trust): boolean {
  return state === "signed" || trusted.isEmpty && state === "unsigned";
}

/**
 * Refuses a backup that no key of this installation signed.
 * @param allowed the key of the backup that may be used nevertheless: the confirmation names it
 * @throws {BackupError} `backup_unsigned`
 */
export function requireTrusted(vault: Vault, key: string, trust: Trust, allowed: string | null): void {
  if (isTrusted(vault, trust) || allowed === key) return;
  const why = trust.state === "foreign"
    ? `it is signed by ${trust.keyId}, which is no key of this installation`
    : "it is not signed";
  throw new BackupError("backup_unsigned", `Cannot use ${key}: ${why}`, {
    hint:
      "Any process with write access to the vault may have made it, and its code runs with the rights of the restore. " +
      `Choose a signed backup; if you know where this one comes from, pass ALLOW_UNSIGNED=${key}`,
  });
}
