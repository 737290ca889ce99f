/** What a backup and an upload read from the environment. */
import { z } from "zod";
import { labelSchema } from "@backup/label.ts";
import { modeSchema, targetSchema } from "@backup/target.ts";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { recipientFields } from "../vault/encryption.ts";
import { signerFields, vaultFields } from "../vault/environment.ts";

export const backupEnvironment = z.object({
  ...requesterFields,
  ...vaultFields,
  ...signerFields,
  ...recipientFields,
  TARGET: targetSchema.default("prod"),
  MODE: modeSchema.default("full"),
  LABEL: labelSchema,
  VERIFY: yes,
  ALLOW_SHRINK: yes,
});

export const uploadEnvironment = z.object({
  ...vaultFields,
  ...signerFields,
  ...recipientFields,
  FILE: z.string().min(1),
});
