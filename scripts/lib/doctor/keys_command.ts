import type { Command } from "../command/command.ts";

export const keysCommand: Command = {
  name: "keys",
  summary: "make a pair of keys: of signatures, or of looks",
  about: [
    "Writes the private key into a new file that only you can read, prints the public one, and says where each goes.",
    "docs/runbooks/signing-keys.md: switching on, replacing a key, what to do when one is lost or stolen.",
    "With `--look` the pair by which *Olhar dentro* of the screen is sealed: docs/production.md.",
  ],
  task: "keys",
  options: [{
    flag: "file",
    variable: "FILE",
    value: { placeholder: "FILE", isFile: true },
    summary: "where the private key is written; must not exist",
    isRequired: true,
  }, {
    flag: "look",
    variable: "KEYS_OF_LOOKS",
    summary: "the pair of looks instead of one of signatures",
  }],
  operand: "file",
  settings: [],
  environment: async () => (await import("./make_keys.ts")).keysEnvironment,
  examples: [{ line: "keys signing.key", meaning: "a new pair; nothing is changed anywhere else" }, {
    line: "keys look.key --look",
    meaning: "the same, of looks",
  }],
  exits: [],
};
