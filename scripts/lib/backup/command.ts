import { labelSchema } from "@backup/label.ts";
import { MODES } from "@backup/target.ts";
import type { Command } from "../command/command.ts";
import { AGE_RECIPIENTS, DATABASES, REQUESTER, SIGNER, target, TOOLS, VAULT } from "../command/options.ts";

export const backupCommand: Command = {
  name: "backup",
  summary: "back one database up into the vault",
  about: [
    "Dumps, compresses and uploads in one stream; nothing is stored on this machine.",
    "It is a backup once the stored object was confirmed and its manifest written.",
  ],
  task: "backup",
  options: [
    target,
    {
      flag: "mode",
      variable: "MODE",
      value: { placeholder: "MODE", choices: MODES },
      summary: "everything, or the structure without rows",
      fallback: "full",
    },
    {
      flag: "label",
      variable: "LABEL",
      value: { placeholder: "TEXT", schema: labelSchema },
      summary: "a name for the backup, part of its key: up to 40 of A-Z a-z 0-9 . _ -",
    },
    {
      flag: "verify",
      variable: "VERIFY",
      summary: "read the whole stored object back and compare its hash",
    },
    {
      flag: "allow-shrink",
      variable: "ALLOW_SHRINK",
      summary: "accept a backup of less than a fifth of the bytes of the one before",
    },
    ...REQUESTER,
  ],
  settings: [...VAULT, SIGNER, AGE_RECIPIENTS, ...DATABASES, TOOLS],
  environment: async () => (await import("./environment.ts")).backupEnvironment,
  examples: [
    { line: "backup", meaning: "prod, everything" },
    { line: "backup --label antes-da-migracao --verify", meaning: "named, and read back to its last byte" },
    { line: "backup --target dev --mode schema-only", meaning: "the structure of dev" },
  ],
  exits: ["busy", "catalogMissed"],
};
