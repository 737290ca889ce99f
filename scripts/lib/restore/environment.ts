/** The environment of a restore and of its plan. */
import { z } from "zod";
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import { targetSchema } from "@backup/target.ts";
import type { RestoreOptions } from "../catalog/catalog.ts";
import { yes } from "../process/environment.ts";
import { jobsField } from "./jobs_field.ts";
import { requesterFields } from "../run/requester.ts";
import { identityFields, recipientFields } from "../vault/encryption.ts";
import { signerFields, vaultFields } from "../vault/environment.ts";
import { NO_PRIVILEGES } from "@backup/api.ts";
import { NEWEST } from "./privilege_source.ts";

export const restoreEnvironment = z.object({
  ...requesterFields,
  ...vaultFields,
  ...signerFields,
  ...recipientFields,
  ...identityFields,
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
  // "none" is said against a variable of the workflow, and changes nothing else: an approval knows it as unset
  PRIVILEGES_FROM: z.string().optional().transform((text) =>
    text === NO_PRIVILEGES ? undefined : text || undefined
  ),
  ...jobsField,
  SALVAGE: yes,
  CONFIRM_SALVAGE: z.string().optional(),
  REVO_BREAK_GLASS: z.string().optional(),
  ALLOW_UNSIGNED: z.string().optional(),
});

/** Whose privileges a restore takes: where the setting is {@link NEWEST}, of the backup that its plan found. */
export function privilegesFrom(
  { PRIVILEGES_FROM: wanted }: Pick<z.infer<typeof restoreEnvironment>, "PRIVILEGES_FROM">,
  plan: Pick<PlannedRestore, "access"> | null,
): string | null {
  return (wanted === NEWEST ? plan?.access?.from : null) ?? wanted ?? null;
}

/** The options that change what a restore does; a plan has no salvage and ends no session. */
const OPTIONS = {
  end_sessions: "END_SESSIONS",
  confirm_source: "CONFIRM_SOURCE",
  allow_unsigned: "ALLOW_UNSIGNED",
  allow_schema_only: "ALLOW_SCHEMA_ONLY",
  allow_tight_lock_table: "ALLOW_TIGHT_LOCK_TABLE",
  allow_orphans: "ALLOW_ORPHANS",
  privileges_from: "PRIVILEGES_FROM",
  salvage: "SALVAGE",
} as const satisfies Record<string, keyof z.infer<typeof restoreEnvironment>>;

/** The options that are set, for the catalog: an approval is for these alone. */
export function restoreOptions(env: z.infer<typeof restoreEnvironment>): RestoreOptions {
  const wanted = Object.entries(OPTIONS).filter(([name]) => !env.PLAN || name !== "salvage");
  return Object.fromEntries(wanted.flatMap(([name, variable]) => {
    const value = env[variable];
    return value ? [[name, value]] : [];
  }));
}
