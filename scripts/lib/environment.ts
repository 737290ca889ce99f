/**
 * What a run is told: GitHub passes inputs and secrets through the environment. Everything is validated at
 * once, and all that is missing or wrong is reported together. GitHub writes an absent input as an empty text.
 */
import { z } from "zod";
import { BackupError } from "../../supabase/functions/_shared/backup/errors.ts";
import { labelSchema } from "../../supabase/functions/_shared/backup/label.ts";
import { modeSchema, type Target, targetSchema } from "../../supabase/functions/_shared/backup/target.ts";
import { type Connection, parseDatabaseUrl } from "./connection.ts";
import { Vault } from "./vault.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Who asked and which run of GitHub this is. */
export interface Asker {
  requestId: string;
  requestedBy: string;
  run: { id: string; url: string; attempt: number } | null;
  gitSha: string | null;
}

const yes = z.enum(["yes", "true", "no", "false"]).default("no").transform((word) =>
  word === "yes" || word === "true"
);

export const askerFields = {
  REQUEST_ID: z.uuid().optional(),
  REQUESTED_BY: z.string().max(200).optional(),
  REASON: z.string().max(500).optional(),
  GITHUB_EVENT_NAME: z.string().optional(),
  GITHUB_ACTOR: z.string().optional(),
  GITHUB_RUN_ID: z.string().optional(),
  GITHUB_RUN_ATTEMPT: z.coerce.number().int().positive().default(1),
  GITHUB_SERVER_URL: z.url().default("https://github.com"),
  GITHUB_REPOSITORY: z.string().optional(),
  GITHUB_SHA: z.string().optional(),
};

export const vaultFields = {
  R2_ENDPOINT: z.url(),
  R2_BUCKET: z.string().min(1).default("revo-erp-backups-prod"),
  R2_ACCESS_KEY_ID: z.string().min(1),
  R2_SECRET_ACCESS_KEY: z.string().min(1),
};

const targetField = { TARGET: targetSchema.default("prod") };

export const backupEnvironment = z.object({
  ...askerFields,
  ...vaultFields,
  ...targetField,
  MODE: modeSchema.default("full"),
  LABEL: labelSchema,
  VERIFY: yes,
  ALLOW_SHRINK: yes,
});

export const restoreEnvironment = z.object({
  ...askerFields,
  ...vaultFields,
  TARGET: targetSchema,
  R2_KEY: z.string(),
  CONFIRM: z.string().optional(),
  PLAN: yes,
  PLAN_REQUEST_ID: z.uuid().optional(),
  ALLOW_SCHEMA_ONLY: yes,
});

const names = z.string().default("").transform((text) =>
  text.split(",").map((name) => name.trim()).filter((name) => name !== "")
);

export const drillEnvironment = z.object({
  ...askerFields,
  ...vaultFields,
  ...targetField,
  R2_KEY: z.string().optional(),
  FRESH_HOURS: z.coerce.number().positive().optional(),
  ANON_READS: names,
  SHARED_READS: names,
});

export const uploadEnvironment = z.object({ ...vaultFields, FILE: z.string().min(1) });

/** Without a target every one of them is listed. */
export const listEnvironment = z.object({
  ...vaultFields,
  TARGET: targetSchema.optional(),
  LIMIT: z.coerce.number().int().positive().default(50),
  FROM_VAULT: yes,
  SUPABASE_DB_URL_PROD: z.string().optional(),
});

/** Of what it examines it reads the rest by itself: nothing may be required there. */
export const doctorEnvironment = z.object({ ...askerFields, REPORT: yes });

/** A key, or `newest` of the target. */
export const verifyEnvironment = z.object({ ...vaultFields, ...targetField, R2_KEY: z.string() });

export const reconcileEnvironment = z.object({ ...askerFields, ...vaultFields, APPLY: yes });

/** Without a target every one of them is looked at. */
export const pruneEnvironment = z.object({
  ...askerFields,
  ...vaultFields,
  TARGET: targetSchema.optional(),
  APPLY: yes,
});

/**
 * @throws {BackupError} `missing_environment` naming every variable that is absent or wrong, never its value.
 */
export function readEnvironment<T extends z.ZodType>(schema: T, environment: Environment): z.infer<T> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const wrong = result.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return given[name] === undefined ? `${name} is missing` : `${name}: ${issue.message}`;
  });
  throw new BackupError("missing_environment", `Cannot start: ${[...new Set(wrong)].join("; ")}`, {
    hint: "Inputs come from the workflow's form, secrets from the repository's settings.",
  });
}

/** The connection of a target. @throws {BackupError} `missing_environment`, `transaction_pooler`. */
export function connectionOf(target: Target, environment: Environment): Connection {
  const name = `SUPABASE_DB_URL_${target.toUpperCase()}`;
  const url = environment[name];
  if (!url) throw new BackupError("missing_environment", `Cannot start: ${name} is missing`);
  return parseDatabaseUrl(url, name);
}

export function vaultOf(env: z.infer<z.ZodObject<typeof vaultFields>>): Vault {
  return new Vault({
    endpoint: env.R2_ENDPOINT,
    bucket: env.R2_BUCKET,
    accessKeyId: env.R2_ACCESS_KEY_ID,
    secretAccessKey: env.R2_SECRET_ACCESS_KEY,
  });
}

/** Who asked: a person through the screen, the schedule, somebody on GitHub, or a command line. */
export function askerOf(env: z.infer<z.ZodObject<typeof askerFields>>, newId: () => string): Asker {
  const fallback = env.GITHUB_EVENT_NAME === "schedule"
    ? "schedule"
    : env.GITHUB_ACTOR
    ? `github:${env.GITHUB_ACTOR}`
    : "command line";
  return {
    requestId: env.REQUEST_ID ?? newId(),
    requestedBy: env.REQUESTED_BY ?? fallback,
    run: env.GITHUB_RUN_ID && env.GITHUB_REPOSITORY
      ? {
        id: env.GITHUB_RUN_ID,
        url: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`,
        attempt: env.GITHUB_RUN_ATTEMPT,
      }
      : null,
    gitSha: env.GITHUB_SHA ?? null,
  };
}
