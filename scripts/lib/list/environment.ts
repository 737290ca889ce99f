/** What a listing reads from the environment. */
import { z } from "zod";
import { targetSchema } from "@backup/target.ts";
import { yes } from "../process/environment.ts";
import { vaultFields } from "../vault/environment.ts";

/** Without a target every one of them is listed. */
export const listEnvironment = z.object({
  ...vaultFields,
  TARGET: targetSchema.optional(),
  LIMIT: z.coerce.number().int().positive().default(50),
  FROM_VAULT: yes,
  SUPABASE_DB_URL_PROD: z.string().optional(),
});
