import { BACKUP_OVERDUE_AFTER_MS, hours } from "@backup/service_levels.ts";
import { type Command, EXAMPLE_KEY } from "../command/command.ts";
import {
  AGE_IDENTITY,
  allowUnsigned,
  archiveKey,
  CATALOG,
  jobs,
  positive,
  REQUESTER,
  SIGNER,
  target,
  TEMPORARY,
  TOOLS,
  VAULT,
} from "../command/options.ts";

export const drillCommand: Command = {
  name: "drill",
  summary: "prove that a backup restores, on a server that is deleted afterwards",
  about: [
    "Starts a PostgreSQL server on this machine, restores into it as a real restore does, makes the checks of",
    "docs/drill.md, and stores the receipt beside the backup, whatever the verdict.",
  ],
  task: "drill",
  options: [
    target,
    { ...archiveKey, fallback: "the newest full backup" },
    {
      flag: "fresh-hours",
      variable: "FRESH_HOURS",
      value: { placeholder: "HOURS", schema: positive },
      summary: "how old the newest backup may be",
      fallback: `${hours(BACKUP_OVERDUE_AFTER_MS)} for prod, no limit for the others`,
    },
    {
      flag: "anon-reads",
      variable: "ANON_READS",
      value: { placeholder: "NAMES" },
      summary: "tables of companies or people that may be read without an account: public.a,public.b",
    },
    {
      flag: "shared-reads",
      variable: "SHARED_READS",
      value: { placeholder: "NAMES" },
      summary: "tables whose rows users of other companies may read",
    },
    {
      flag: "project-asserts",
      variable: "PROJECT_ASSERTS",
      value: { placeholder: "FILE" },
      summary: "the project's own SQL of assertions, run on the restored database as it is",
    },
    allowUnsigned,
    jobs,
    ...REQUESTER,
  ],
  operand: "key",
  settings: [
    ...VAULT,
    SIGNER,
    AGE_IDENTITY,
    CATALOG,
    {
      variable: "DRILL_DB_URL",
      when: "an empty database to drill in, in place of a server of its own; a secret",
    },
    TOOLS,
    TEMPORARY,
  ],
  environment: async () => (await import("./environment.ts")).drillEnvironment,
  examples: [
    { line: "drill", meaning: "the newest backup of prod" },
    { line: `drill ${EXAMPLE_KEY}`, meaning: "this one" },
  ],
  exits: [],
};
