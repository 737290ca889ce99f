/** The vault, as the environment names it. */
import { z } from "zod";
import { Vault } from "./vault.ts";

export const vaultFields = {
  R2_ENDPOINT: z.url(),
  R2_BUCKET: z.string().min(1).default("revo-erp-backups-prod"),
  R2_ACCESS_KEY_ID: z.string().min(1),
  R2_SECRET_ACCESS_KEY: z.string().min(1),
};

export function vaultOf(env: z.infer<z.ZodObject<typeof vaultFields>>): Vault {
  return new Vault({
    endpoint: env.R2_ENDPOINT,
    bucket: env.R2_BUCKET,
    accessKeyId: env.R2_ACCESS_KEY_ID,
    secretAccessKey: env.R2_SECRET_ACCESS_KEY,
  });
}
