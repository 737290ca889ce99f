/** Encrypted archives: to whom new ones are encrypted, and which keys open those of the vault. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import { isEncryptedKey } from "@backup/vault/object_key.ts";
import { decrypt, isAgeKey } from "../process/age.ts";

export interface Encryption {
  /** Public keys; none: new archives are not encrypted. */
  recipients: readonly string[];
  /** Secret keys. */
  identities: readonly string[];
  /** Public keys of older backups whose secret keys are kept. */
  old: readonly string[];
}

export const NO_ENCRYPTION: Encryption = { recipients: [], identities: [], old: [] };

/** Of the commands that write backups: public keys, separated by white space or commas. */
export const recipientFields = { BACKUP_AGE_RECIPIENTS: keysOf("public") };

/** Of the watchdog, with those of new backups: which keys open the vault's. */
export const oldRecipientFields = { BACKUP_AGE_OLD_RECIPIENTS: keysOf("public") };

/** Of the commands that read archives; a secret. */
export const identityFields = { BACKUP_AGE_IDENTITY: keysOf("secret") };

/** Lines of comments, as age-keygen writes them, are left out. The message never holds what was given. */
function keysOf(what: "public" | "secret") {
  return z.string().default("").transform((text, context) => {
    const keys = text.replaceAll(/^#.*$/gm, "").split(/[\s,]+/).filter((word) => word !== "");
    if (keys.every((key) => isAgeKey(what, key))) return keys;
    context.addIssue({ code: "custom", message: `is no ${what} key of age` });
    return z.NEVER;
  });
}

/**
 * The `.dump.gz` of an archive of the vault, decrypted where it is encrypted.
 * @param source its stored bytes
 * @throws {BackupError} `identity_missing`, and as the source
 */
export async function* plainArchive(
  { encryption }: { encryption: Encryption },
  key: string,
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (!isEncryptedKey(key)) return yield* source;
  requireIdentity(encryption, key);
  yield* decrypt(source, encryption.identities, signal);
}

/** Whether a backup is not encrypted, or to one of the keys that are stated here, by its manifest. */
export function isOpenableBy({ recipients, old }: Encryption, { encryption }: AnyManifest): boolean {
  const stated = [...recipients, ...old];
  return encryption === undefined || encryption.recipients.some((each) => stated.includes(each));
}

/** @throws {BackupError} `identity_missing` for an encrypted archive where no secret key is given */
export function requireIdentity({ identities }: Encryption, key: string): void {
  if (!isEncryptedKey(key) || identities.length > 0) return;
  throw new BackupError(
    "identity_missing",
    `Cannot read ${key}: it is encrypted, and there is no key to open it`,
    {
      hint: "Set BACKUP_AGE_IDENTITY to a secret key of one of its recipients: docs/runbooks/encryption.md.",
    },
  );
}
