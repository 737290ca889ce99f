/** The vault that the environment names. */
import { z } from "zod";
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
};

/**
 * Retries are reported on standard error.
 * @param signal ends every call
 * @throws {BackupError} `missing_environment` when R2_ENDPOINT is the address of no vault.
 */
export function vaultOf(
  env: z.infer<z.ZodObject<typeof vaultFields>>,
  { signal, retry }: StoredVaultOptions = {},
): Vault {
  return openR2Vault({
    endpoint: requireEndpoint(env.R2_ENDPOINT, env.R2_BUCKET),
    bucket: env.R2_BUCKET,
    accessKeyId: env.R2_ACCESS_KEY_ID,
    secretAccessKey: env.R2_SECRET_ACCESS_KEY,
    signal,
    retry: { patienceMs: env.R2_RETRY_SECONDS * 1000, onRetry: reportRetry, ...retry },
  });
}

function reportRetry({ operation, failures, waitMs, error }: Retry): void {
  const seconds = (waitMs / 1000).toFixed(1);
  processOutput.printError(
    `vault: ${operation} failed (${failures}), retry in ${seconds} s: ${error.message}`,
  );
}
