import type { Command } from "../command/command.ts";
import { AGE_RECIPIENTS, CATALOG, SIGNER, TOOLS, VAULT } from "../command/options.ts";

export const uploadCommand: Command = {
  name: "upload",
  summary: "put a backup of this machine into the vault",
  about: [
    "What scripts/backup_db_local.sh made; from then on it is a backup like another.",
    "A relative path is relative to the folder you are in.",
  ],
  task: "upload",
  options: [{
    flag: "file",
    variable: "FILE",
    value: { placeholder: "FILE", isFile: true },
    summary: "a .dump.gz with its .manifest.json beside it",
    isRequired: true,
  }],
  operand: "file",
  settings: [...VAULT, SIGNER, AGE_RECIPIENTS, CATALOG, TOOLS],
  environment: async () => (await import("./environment.ts")).uploadEnvironment,
  examples: [{
    line: "upload backups/supabase_prod_20260115_031022.dump.gz",
    meaning: "with the manifest that is stored beside it",
  }],
  exits: ["catalogMissed"],
};
