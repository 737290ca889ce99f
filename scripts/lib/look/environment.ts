/** What a look reads from the environment. */
import { z } from "zod";
import { targetSchema } from "@backup/target.ts";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { identityFields } from "../vault/encryption.ts";
import { vaultFields } from "../vault/environment.ts";

/** A key, or `newest` of the target. */
export const lookEnvironment = z.object({
  ...vaultFields,
  ...identityFields,
  ...requesterFields,
  TARGET: targetSchema.default("prod"),
  R2_KEY: z.string(),
  LOOK_TABLE: z.string().min(1).optional(),
  LOOK_PAGE: z.coerce.number().int().positive().default(1),
  LOOK_SEARCH: z.string().min(3).max(200).optional(),
  LOOK_SHOW: yes,
  SUPABASE_DB_URL_PROD: z.string().optional(),
  /** With it the sealed request of REQUEST_ID is answered, as {@link sealedLookEnvironment} says. */
  LOOK_PRIVATE_KEY: z.string().optional(),
});

/** Of a look that a screen requested: everything else is in its sealed request. */
export const sealedLookEnvironment = z.object({
  ...vaultFields,
  ...identityFields,
  REQUEST_ID: z.guid(),
  LOOK_PRIVATE_KEY: z.string(),
  SUPABASE_DB_URL_PROD: z.string(),
});
