/** What a verification reads from the environment. */
import { z } from "zod";
import { targetSchema } from "@backup/target.ts";
import { identityFields } from "../vault/encryption.ts";
import { vaultFields } from "../vault/environment.ts";

/** A key, or `newest` of the target. */
export const verifyEnvironment = z.object({
  ...vaultFields,
  ...identityFields,
  TARGET: targetSchema.default("prod"),
  R2_KEY: z.string(),
});
