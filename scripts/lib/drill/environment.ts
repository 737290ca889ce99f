/** What a drill reads from the environment. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { targetSchema } from "@backup/target.ts";
import { jobsField } from "../restore/jobs_field.ts";
import { names } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { identityFields } from "../vault/encryption.ts";
import { signerFields, vaultFields } from "../vault/environment.ts";

export const drillEnvironment = z.object({
  ...requesterFields,
  ...vaultFields,
  ...identityFields,
  ...signerFields,
  ...jobsField,
  TARGET: targetSchema.default("prod"),
  R2_KEY: z.string().optional(),
  /** An empty database to drill in, as a superuser. Without it the drill starts a server. */
  DRILL_DB_URL: z.string().optional(),
  ALLOW_UNSIGNED: z.string().optional(),
  FRESH_HOURS: z.coerce.number().positive().optional(),
  ANON_READS: names,
  SHARED_READS: names,
  PROJECT_ASSERTS: z.string().refine((path) => existsSync(path), "there is no such file").optional(),
});
