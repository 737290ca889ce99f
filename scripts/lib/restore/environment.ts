/** The environment of a restore and of its plan. */
import { z } from "zod";
import { targetSchema } from "@backup/target.ts";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { signerFields, vaultFields } from "../vault/environment.ts";

export const restoreEnvironment = z.object({
  ...requesterFields,
  ...vaultFields,
  ...signerFields,
  TARGET: targetSchema,
  R2_KEY: z.string(),
  CONFIRM: z.string().optional(),
  CONFIRM_SOURCE: z.string().optional(),
  PLAN: yes,
  PLAN_REQUEST_ID: z.guid().optional(),
  END_SESSIONS: yes,
  ALLOW_SCHEMA_ONLY: yes,
  ALLOW_TIGHT_LOCK_TABLE: yes,
  ALLOW_ORPHANS: yes,
  PRIVILEGES_FROM: z.string().optional().transform((text) => text || undefined),
  SALVAGE: yes,
  CONFIRM_SALVAGE: z.string().optional(),
  REVO_BREAK_GLASS: z.string().optional(),
  ALLOW_UNSIGNED: z.string().optional(),
});
