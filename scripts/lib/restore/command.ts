import { RESTORE_PROD_CONFIRMATION, SALVAGE_PROD_CONFIRMATION, TARGETS } from "@backup/target.ts";
import { type Command, EXAMPLE_KEY } from "../command/command.ts";
import {
  AGE_IDENTITY,
  AGE_RECIPIENTS,
  allowSchemaOnly,
  allowTightLockTable,
  allowUnsigned,
  archiveKey,
  DATABASES,
  keyOrNewestSchema,
  REQUESTER,
  SIGNER,
  target,
  TEMPORARY,
  TOOLS,
  uuid,
  VAULT,
} from "../command/options.ts";

export const restoreCommand: Command = {
  name: "restore",
  summary: "restore a backup into one database, all or nothing",
  about: [
    "One transaction, checked against the backup before it commits; a copy of the target is taken first.",
    "`--plan` reports what would happen and changes nothing.",
    "Into prod it needs `--confirm RESTORE_PROD`; for a backup of another database `--confirm-source` with its name, too.",
  ],
  task: "restore",
  options: [
    { ...target, summary: "which database is replaced", fallback: undefined, isRequired: true },
    { ...archiveKey, isRequired: true },
    {
      flag: "plan",
      variable: "PLAN",
      summary: "report what the restore would do, and change nothing",
    },
    {
      flag: "plan-request-id",
      variable: "PLAN_REQUEST_ID",
      value: { placeholder: "UUID", schema: uuid },
      summary: "the plan this was decided on: what changed since is reported",
    },
    {
      flag: "confirm",
      variable: "CONFIRM",
      value: { placeholder: RESTORE_PROD_CONFIRMATION, choices: [RESTORE_PROD_CONFIRMATION] },
      summary: "that prod is to be replaced",
    },
    {
      flag: "confirm-source",
      variable: "CONFIRM_SOURCE",
      value: { placeholder: "TARGET", choices: [...TARGETS] },
      summary: "that a backup of this other database goes into prod, with its accounts",
    },
    {
      flag: "end-sessions",
      variable: "END_SESSIONS",
      summary: "every user has to sign in again, after an intrusion for example",
    },
    allowSchemaOnly,
    allowTightLockTable,
    {
      flag: "allow-orphans",
      variable: "ALLOW_ORPHANS",
      summary: "restore foreign keys whose rows refer to missing ones without validation (NOT VALID)",
    },
    {
      flag: "privileges-from",
      variable: "PRIVILEGES_FROM",
      value: { placeholder: "KEY|newest", schema: keyOrNewestSchema },
      summary: "of a backup without privileges: take those of this backup, or of the `newest` one",
    },
    allowUnsigned,
    {
      flag: "salvage",
      variable: "SALVAGE",
      summary: "in an emergency: bring what can be brought, pass over what fails, list all of it",
    },
    {
      flag: "confirm-salvage",
      variable: "CONFIRM_SALVAGE",
      value: { placeholder: SALVAGE_PROD_CONFIRMATION, choices: [SALVAGE_PROD_CONFIRMATION] },
      summary: "that a salvage into prod may lose what it cannot bring",
    },
    ...REQUESTER,
  ],
  operand: "key",
  settings: [
    ...VAULT,
    SIGNER,
    AGE_RECIPIENTS,
    AGE_IDENTITY,
    ...DATABASES,
    TOOLS,
    TEMPORARY,
    { variable: "REVO_BREAK_GLASS", when: "on GitHub, for prod without a request on the screen" },
  ],
  environment: async () => (await import("./environment.ts")).restoreEnvironment,
  examples: [
    { line: `restore --target prod --plan ${EXAMPLE_KEY}`, meaning: "what a restore of prod would do" },
    { line: `restore --target dev ${EXAMPLE_KEY}`, meaning: "replaces the content of dev" },
    {
      line: `restore --target prod --confirm RESTORE_PROD --reason "migração errada" ${EXAMPLE_KEY}`,
      meaning: "replaces the content of prod",
    },
  ],
  exits: ["busy", "outcomeUnknown"],
};
