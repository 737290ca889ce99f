/** Makes a pair of keys, for signatures or for looks. The private half leaves this process in a file only. */
import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { makeLookKeys } from "@backup/look/seal.ts";
import { makeKeyPair } from "@backup/vault/signature.ts";
import { yes } from "../process/environment.ts";

export const keysEnvironment = z.object({ FILE: z.string().min(1), KEYS_OF_LOOKS: yes });

export interface MadeKeys {
  keyId: string;
  publicKey: string;
}

/**
 * @param file is written with mode 0600
 * @throws {BackupError} `invalid_payload` when it exists or cannot be written
 */
export async function makeKeys(file: string): Promise<MadeKeys> {
  const { privateKey, publicKey, keyId } = await makeKeyPair();
  await writeNew(file, privateKey);
  return { keyId, publicKey };
}

/** The pair of an installation's looks; the same of {@link makeKeys}. */
export async function makeKeysOfLooks(file: string): Promise<Pick<MadeKeys, "publicKey">> {
  const { privateKey, publicKey } = await makeLookKeys();
  await writeNew(file, privateKey);
  return { publicKey };
}

async function writeNew(file: string, privateKey: string): Promise<void> {
  try {
    await writeFile(file, `${privateKey}\n`, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    throw new BackupError("invalid_payload", `Cannot write the private key into ${file}: ${String(cause)}`, {
      cause,
      hint: "Name a file that does not exist, in a folder that only you can read.",
    });
  }
}

/** What to do with each half. */
export function keysText({ keyId, publicKey }: MadeKeys, file: string): string {
  return [
    `Key ${keyId}.`,
    "",
    "1. The public half: this line at the top of scripts/signing_keys.txt, committed to the default branch.",
    "   From then on backups that are not signed do not count.",
    publicKey,
    "",
    "2. The private half: a secret of the repository, and in the safe for passwords. Then delete the file.",
    `   gh secret set BACKUP_SIGNING_KEY < ${file} && rm ${file}`,
    "",
    "3. A backup at once: it is the first that counts. Then a drill of it.",
  ].join("\n");
}

/** The same for the pair of looks. */
export function keysOfLooksText({ publicKey }: Pick<MadeKeys, "publicKey">, file: string): string {
  return [
    "1. The public half: LOOK_PUBLIC_KEY, a secret of the Edge Function, and VITE_LOOK_PUBLIC_KEY where the screen is built, or",
    "   `lookPublicKey` of its component. The screen trusts no other key: build it with this line.",
    publicKey,
    "",
    "2. The private half: a secret of the environment backups-read. No copy is needed: a new pair replaces it at any time.",
    `   gh secret set LOOK_PRIVATE_KEY --env backups-read < ${file} && rm ${file}`,
  ].join("\n");
}
