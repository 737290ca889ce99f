/** The archive of a backup as it is stored: encrypted where there are recipients. */
import type { AnyManifest } from "@backup/vault/manifest.ts";
import { encrypt } from "../process/age.ts";

/** @param archive the `.dump.gz` @returns what is stored */
export function encryptTo(
  recipients: readonly string[],
  archive: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  return recipients.length === 0 ? archive : encrypt(archive, recipients, signal);
}

/** The fields of the manifest that say how the archive is encrypted. */
export function encryptionOf(recipients: readonly string[]): Pick<AnyManifest, "encryption"> {
  return recipients.length === 0 ? {} : { encryption: { program: "age", recipients: [...recipients] } };
}
