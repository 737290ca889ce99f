import { type Command, EXAMPLE_KEY } from "../command/command.ts";
import { AGE_IDENTITY, keyOrNewest, newestOf, VAULT } from "../command/options.ts";

export const verifyCommand: Command = {
  name: "verify",
  summary: "compare a backup with its manifest, without restoring it",
  about: [
    "Reads every stored byte once: sizes, SHA-256, compression, table of contents, rows per table, the manifest's own hash.",
    "Needs the vault's keys alone. Writes nothing, not even on this machine.",
    "That it restores is what a drill proves.",
  ],
  task: "verify",
  options: [{ ...keyOrNewest, isRequired: true }, newestOf],
  operand: "key",
  settings: [...VAULT, AGE_IDENTITY],
  environment: async () => (await import("./environment.ts")).verifyEnvironment,
  examples: [
    { line: "verify newest", meaning: "the newest full backup of prod" },
    { line: `verify ${EXAMPLE_KEY}`, meaning: "this one" },
  ],
  exits: [],
};
