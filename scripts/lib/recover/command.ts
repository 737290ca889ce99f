import type { Command } from "../command/command.ts";
import {
  AGE_IDENTITY,
  allowSchemaOnly,
  allowUnsigned,
  keyOrNewest,
  newestOf,
  TEMPORARY,
  TOOLS,
  VAULT,
} from "../command/options.ts";

export const recoverCommand: Command = {
  name: "recover",
  summary: "get a backup back when nothing is left but the vault",
  about: [
    "Needs no catalog and no GitHub: docs/runbooks/from-nothing.md.",
    "Without a key it lists the backups; without DATABASE_URL it only checks the one that is named.",
    "DATABASE_URL is an empty database, of a Supabase project or of any PostgreSQL.",
  ],
  task: "restore",
  taskArguments: ["--from-vault"],
  options: [
    newestOf,
    keyOrNewest,
    allowSchemaOnly,
    allowUnsigned,
    {
      flag: "salvage",
      variable: "SALVAGE",
      summary: "bring what can be brought, pass over what fails, list all of it",
    },
  ],
  operand: "key",
  settings: [
    ...VAULT,
    AGE_IDENTITY,
    { variable: "DATABASE_URL", when: "where to; a secret" },
    TOOLS,
    TEMPORARY,
  ],
  environment: async () => (await import("./recover.ts")).fromVaultEnvironment,
  examples: [
    { line: "recover", meaning: "what there is" },
    { line: "recover newest", meaning: "with DATABASE_URL: restores it there; without: checks it" },
  ],
  exits: ["outcomeUnknown"],
};
