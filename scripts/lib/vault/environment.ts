/** The vault that the environment names. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { readPublicKeys, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { processOutput } from "../run/output.ts";
import { requireEndpoint } from "./endpoint.ts";
import { openR2Vault } from "./open_vault.ts";
import type { Retry } from "./retry.ts";
import type { StoredVaultOptions } from "./stored_vault.ts";
import type { Vault } from "./vault.ts";

export const vaultFields = {
  R2_ENDPOINT: z.url(),
  R2_BUCKET: z.string().min(1).default("revo-erp-backups-prod"),
  R2_ACCESS_KEY_ID: z.string().min(1),
  R2_SECRET_ACCESS_KEY: z.string().min(1),
  R2_RETRY_SECONDS: z.coerce.number().min(0).max(3600).default(60),
  BACKUP_PUBLIC_KEYS: z.string().default(""),
};

/** Of the commands that write backups or receipts; a secret. */
export const signerFields = { BACKUP_SIGNING_KEY: z.string().optional() };

/** The public keys of this installation, which only a change of the code changes. */
const PUBLIC_KEYS = new URL("../../signing_keys.txt", import.meta.url);

/**
 * Retries are reported on standard error. Signatures count that are by a key of `scripts/signing_keys.txt` or of
 * `BACKUP_PUBLIC_KEYS`.
 * @param signal ends every call
 * @throws {BackupError} `missing_environment` when R2_ENDPOINT is the address of no vault, or a key is none.
 */
export function vaultOf(
  env: z.infer<z.ZodObject<typeof vaultFields>> & {
    BACKUP_SIGNING_KEY?: string;
    BACKUP_AGE_RECIPIENTS?: readonly string[];
    BACKUP_AGE_IDENTITY?: readonly string[];
    BACKUP_AGE_OLD_RECIPIENTS?: readonly string[];
  },
  { signal, retry }: Pick<StoredVaultOptions, "signal" | "retry"> = {},
): Vault {
  const { BACKUP_SIGNING_KEY: privateKey, BACKUP_PUBLIC_KEYS: publicKeys } = env;
  return openR2Vault({
    endpoint: requireEndpoint(env.R2_ENDPOINT, env.R2_BUCKET),
    bucket: env.R2_BUCKET,
    accessKeyId: env.R2_ACCESS_KEY_ID,
    secretAccessKey: env.R2_SECRET_ACCESS_KEY,
    signal,
    trusted: new TrustedKeys(readPublicKeys(`${committedKeys()}\n${publicKeys}`)),
    signer: privateKey === undefined ? null : new Signer(privateKey),
    encryption: {
      recipients: env.BACKUP_AGE_RECIPIENTS ?? [],
      identities: env.BACKUP_AGE_IDENTITY ?? [],
      old: env.BACKUP_AGE_OLD_RECIPIENTS ?? [],
    },
    retry: { patienceMs: env.R2_RETRY_SECONDS * 1000, onRetry: reportRetry, ...retry },
  });
}

/** The owner's file: an installation without signatures has none, or one without keys. */
function committedKeys(): string {
  return existsSync(PUBLIC_KEYS) ? readFileSync(PUBLIC_KEYS, "utf8") : "";
}

function reportRetry({ operation, failures, waitMs, error }: Retry): void {
  const seconds = (waitMs / 1000).toFixed(1);
  processOutput.printError(
    `vault: ${operation} failed (${failures}), retry in ${seconds} s: ${error.message}`,
  );
}
