/** What a take reads from the environment. */
import { z } from "zod";
import { targetSchema } from "@backup/target.ts";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { identityFields, recipientFields } from "../vault/encryption.ts";
import { signerFields, vaultFields } from "../vault/environment.ts";

export const takeEnvironment = z.object({
  ...vaultFields,
  ...signerFields,
  ...identityFields,
  ...recipientFields,
  ...requesterFields,
  TARGET: targetSchema.default("prod"),
  R2_KEY: z.string().optional(),
  TAKE_UNDO: z.string().optional(),
  TAKE_TABLE: z.string().min(1).optional(),
  TAKE_KEYS: z.string().min(1).optional(),
  TAKE_SEARCH: z.string().min(3).max(200).optional(),
  TAKE_MISSING: yes,
  TAKE_CHANGED: yes,
  TAKE_NEW: yes,
  TAKE_SHOW: yes,
  TAKE_REVIEW: z.string().min(1).optional(),
  TAKE_APPLY: z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256").optional(),
  CONFIRM_TAKE: z.string().optional(),
  CONFIRM_SOURCE: z.string().optional(),
  ALLOW_UNSIGNED: z.string().optional(),
});
