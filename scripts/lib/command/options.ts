/** Options and settings that several commands have: one meaning everywhere. */
import { z } from "zod";
import { NO_PRIVILEGES } from "@backup/api.ts";
import { tryParseArchiveKey } from "@backup/vault/object_key.ts";
import { TARGETS } from "@backup/target.ts";
import type { Option, Setting } from "./command.ts";

const isKey = (text: string) => tryParseArchiveKey(text) !== null;
const KEY_MESSAGE = "is no key of a backup: revo/<target>/YYYY/MM/DD/supabase_….dump.gz, as `list` shows it";
const keySchema = z.string().refine(isKey, KEY_MESSAGE);
export const privilegesFromSchema = z.string().refine(
  (text) => ["newest", NO_PRIVILEGES].includes(text) || isKey(text),
  KEY_MESSAGE,
);
export const keyOrNewestSchema = z.string().refine((text) => text === "newest" || isKey(text), KEY_MESSAGE);

export const positive = z.coerce.number("must be a number").positive("must be greater than 0");
export const uuid = z.guid("is no UUID");

export const target: Option = {
  flag: "target",
  variable: "TARGET",
  value: { placeholder: "TARGET", choices: TARGETS },
  summary: "which database",
  fallback: "prod",
};

export const eachTarget: Option = { ...target, summary: "only this database", fallback: "all" };

export const newestOf: Option = { ...target, summary: "whose newest backup `newest` is" };

export const archiveKey: Option = {
  flag: "key",
  variable: "R2_KEY",
  value: { placeholder: "KEY", schema: keySchema },
  summary: "which backup, by its key in the vault",
};

export const keyOrNewest: Option = {
  ...archiveKey,
  value: { placeholder: "KEY|newest", schema: keyOrNewestSchema },
  summary: "which backup, by its key in the vault, or `newest`",
};

export const allowSchemaOnly: Option = {
  flag: "allow-schema-only",
  variable: "ALLOW_SCHEMA_ONLY",
  summary: "a backup without rows may empty the target",
};

export const allowTightLockTable: Option = {
  flag: "allow-tight-lock-table",
  variable: "ALLOW_TIGHT_LOCK_TABLE",
  summary: "try a restore whose locks may not fit into the server's lock table",
};

export const jobs: Option = {
  flag: "jobs",
  variable: "RESTORE_JOBS",
  value: { placeholder: "N", schema: positive },
  summary: "sessions that load beside the living content, and as many that build keys and indexes, 1 to 16",
  fallback: "by what the server tells, 4 at most",
};

export const allowUnsigned: Option = {
  flag: "allow-unsigned",
  variable: "ALLOW_UNSIGNED",
  value: { placeholder: "KEY", schema: keySchema },
  summary:
    "use this backup, named by its key, although no key of this installation signed it: its code is run",
};

export const apply: Option = {
  flag: "apply",
  variable: "APPLY",
  summary: "do it; without it nothing is changed, only reported",
};

/** Who requested the run, and why; kept in the history. */
export const REQUESTER: readonly Option[] = [
  {
    flag: "reason",
    variable: "REASON",
    value: { placeholder: "TEXT", schema: z.string().max(500, "is longer than 500 characters") },
    summary: "why; kept in the history",
  },
  {
    flag: "requested-by",
    variable: "REQUESTED_BY",
    value: { placeholder: "NAME", schema: z.string().max(200, "is longer than 200 characters") },
    summary: "the requester's name; kept in the history",
    fallback: "command line",
  },
  {
    flag: "request-id",
    variable: "REQUEST_ID",
    value: { placeholder: "UUID", schema: uuid },
    summary: "the run's id in the history",
    fallback: "a new one",
  },
];

/** Every command has these. */
export const COMMON: readonly Option[] = [
  {
    flag: "json",
    variable: "REVO_OUTPUT",
    sets: "json",
    summary:
      "the last line of standard output is the result as one JSON object, all else goes to standard error",
  },
  { flag: "quiet", variable: "REVO_PROGRESS", sets: "no", summary: "show no progress" },
];

export const VAULT: readonly Setting[] = [
  { variable: "R2_ENDPOINT", isRequired: true },
  { variable: "R2_ACCESS_KEY_ID", isRequired: true },
  { variable: "R2_SECRET_ACCESS_KEY", isRequired: true },
  { variable: "R2_BUCKET", when: "default revo-erp-backups-prod" },
  {
    variable: "BACKUP_PUBLIC_KEYS",
    when: "whose signatures count, besides those of scripts/signing_keys.txt",
  },
];

export const SIGNER: Setting = { variable: "BACKUP_SIGNING_KEY", when: "signs what is written; a secret" };

export const AGE_RECIPIENTS: Setting = {
  variable: "BACKUP_AGE_RECIPIENTS",
  when: "encrypts new archives to these public keys of age",
};
export const AGE_IDENTITY: Setting = {
  variable: "BACKUP_AGE_IDENTITY",
  when: "opens encrypted archives; a secret",
};

export const CATALOG: Setting = {
  variable: "SUPABASE_DB_URL_PROD",
  isRequired: true,
  when: "the catalog is there",
};

export const DATABASES: readonly Setting[] = [
  CATALOG,
  { variable: "SUPABASE_DB_URL_DEV", when: "when that is the target" },
  { variable: "SUPABASE_DB_URL_VERIFY", when: "when that is the target" },
];

export const GITHUB: readonly Setting[] = [
  { variable: "GITHUB_TOKEN", when: "with GITHUB_REPOSITORY: whose workflows and issues" },
  { variable: "GITHUB_REPOSITORY", when: "owner/name" },
];

export const WEBHOOK: readonly Setting[] = [
  { variable: "OPS_ALERT_WEBHOOK_URL", when: "where alarms are sent" },
  { variable: "OPS_ALERT_WEBHOOK_SECRET", when: "what signs them" },
];

export const TOOLS: Setting = { variable: "REVO_PG_BIN", when: "folder of the PostgreSQL programs" };
export const TEMPORARY: Setting = { variable: "TMPDIR", when: "space for one archive" };
