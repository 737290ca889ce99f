/** Makes a pair of keys for signatures. The private half leaves this process in a file only. */
import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { makeKeyPair } from "@backup/vault/signature.ts";

export const keysEnvironment = z.object({ FILE: z.string().min(1) });

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
  try {
    await writeFile(file, `${privateKey}\n`, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    throw new BackupError("invalid_payload", `Cannot write the private key into ${file}: ${String(cause)}`, {
      cause,
      hint: "Name a file that does not exist, in a folder that only you can read.",
    });
  }
  return { keyId, publicKey };
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
