/** Options that several commands have mean the same everywhere: they are written once, here. */
import { z } from "zod";
import { labelSchema } from "@backup/label.ts";
import { tryParseArchiveKey } from "@backup/vault/object_key.ts";
import { BACKUP_OVERDUE_AFTER_MS, hours } from "@backup/service_levels.ts";
import { MODES, RESTORE_PROD_CONFIRMATION, TARGETS } from "@backup/target.ts";
import type { Option, Setting } from "./command.ts";

const TARGET_VALUE = { placeholder: "TARGET", choices: TARGETS };
const positive = z.coerce.number("must be a number").positive("must be greater than 0");

const isKey = (text: string) => tryParseArchiveKey(text) !== null;
const KEY_MESSAGE = "is no key of a backup: revo/<target>/YYYY/MM/DD/supabase_….dump.gz, as `list` shows it";
const keySchema = z.string().refine(isKey, KEY_MESSAGE);
const keyOrNewestSchema = z.string().refine((text) => text === "newest" || isKey(text), KEY_MESSAGE);

/** Which database; `prod` when it is not said. */
export const target: Option = {
  flag: "target",
  variable: "TARGET",
  value: TARGET_VALUE,
  summary: "which database",
  fallback: "prod",
};

export const eachTarget: Option = { ...target, summary: "only this database", fallback: "all" };

export const restoreTarget: Option = {
  ...target,
  summary: "which database is replaced",
  fallback: undefined,
  isRequired: true,
};

export const newestOf: Option = { ...target, summary: "whose newest backup `newest` is" };

export const archiveKey: Option = {
  flag: "key",
  variable: "R2_KEY",
  value: { placeholder: "KEY", schema: keySchema },
  summary: "which backup, by its key in the vault",
};

export const requiredKey: Option = { ...archiveKey, isRequired: true };

export const keyOrNewest: Option = {
  ...archiveKey,
  value: { placeholder: "KEY|newest", schema: keyOrNewestSchema },
  summary: "which backup, by its key in the vault, or `newest`",
};

export const mode: Option = {
  flag: "mode",
  variable: "MODE",
  value: { placeholder: "MODE", choices: MODES },
  summary: "everything, or the structure without rows",
  fallback: "full",
};

export const label: Option = {
  flag: "label",
  variable: "LABEL",
  value: { placeholder: "TEXT", schema: labelSchema },
  summary: "a name for the backup, part of its key: up to 40 of A-Z a-z 0-9 . _ -",
};

export const readBack: Option = {
  flag: "verify",
  variable: "VERIFY",
  summary: "read the whole stored object back and compare its hash",
};

export const allowShrink: Option = {
  flag: "allow-shrink",
  variable: "ALLOW_SHRINK",
  summary: "accept a backup of less than a fifth of the bytes of the one before",
};

export const allowSchemaOnly: Option = {
  flag: "allow-schema-only",
  variable: "ALLOW_SCHEMA_ONLY",
  summary: "a backup without rows may empty the target",
};

export const plan: Option = {
  flag: "plan",
  variable: "PLAN",
  summary: "tell what the restore would do, and change nothing",
};

export const planRequestId: Option = {
  flag: "plan-request-id",
  variable: "PLAN_REQUEST_ID",
  value: { placeholder: "UUID", schema: z.uuid("is no UUID") },
  summary: "the plan this was decided on: what changed since is told",
};

export const confirm: Option = {
  flag: "confirm",
  variable: "CONFIRM",
  value: { placeholder: RESTORE_PROD_CONFIRMATION, choices: [RESTORE_PROD_CONFIRMATION] },
  summary: "that prod is to be replaced",
};

export const apply: Option = {
  flag: "apply",
  variable: "APPLY",
  summary: "do it; without it nothing is changed, only told",
};

export const report: Option = {
  flag: "report",
  variable: "REPORT",
  summary: "keep it in the catalog, where the screen shows it",
};

export const limit: Option = {
  flag: "limit",
  variable: "LIMIT",
  value: { placeholder: "N", schema: positive.int("must be a whole number") },
  summary: "how many at most",
  fallback: "50",
};

export const fromVault: Option = {
  flag: "from-vault",
  variable: "FROM_VAULT",
  summary: "ask the vault itself, not the catalog: slower, and always true",
};

export const file: Option = {
  flag: "file",
  variable: "FILE",
  value: { placeholder: "FILE", isFile: true },
  summary: "a .dump.gz with its .manifest.json beside it",
  isRequired: true,
};

export const freshHours: Option = {
  flag: "fresh-hours",
  variable: "FRESH_HOURS",
  value: { placeholder: "HOURS", schema: positive },
  summary: "how old the newest backup may be",
  fallback: `${hours(BACKUP_OVERDUE_AFTER_MS)} for prod, no limit for the others`,
};

export const anonReads: Option = {
  flag: "anon-reads",
  variable: "ANON_READS",
  value: { placeholder: "NAMES" },
  summary: "tables of companies or people that may be read without an account: public.a,public.b",
};

export const sharedReads: Option = {
  flag: "shared-reads",
  variable: "SHARED_READS",
  value: { placeholder: "NAMES" },
  summary: "tables whose rows users of other companies may read",
};

/** Who asked, and why; kept in the history. */
export const ASKER: readonly Option[] = [
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
    summary: "who wants it; kept in the history",
    fallback: "command line",
  },
  {
    flag: "request-id",
    variable: "REQUEST_ID",
    value: { placeholder: "UUID", schema: z.uuid("is no UUID") },
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
  { flag: "quiet", variable: "REVO_PROGRESS", sets: "no", summary: "tell no progress" },
];

export const VAULT: readonly Setting[] = [
  { variable: "R2_ENDPOINT", isRequired: true },
  { variable: "R2_ACCESS_KEY_ID", isRequired: true },
  { variable: "R2_SECRET_ACCESS_KEY", isRequired: true },
  { variable: "R2_BUCKET", when: "default revo-erp-backups-prod" },
];

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

export const TOOLS: Setting = { variable: "REVO_PG_BIN", when: "folder of the PostgreSQL programs" };
export const ROOM: Setting = { variable: "TMPDIR", when: "room for one archive" };
