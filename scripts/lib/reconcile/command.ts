import type { Command } from "../command/command.ts";
import { apply, CATALOG, VAULT } from "../command/options.ts";

export const reconcileCommand: Command = {
  name: "reconcile",
  summary: "correct the catalog after the vault, which is the truth",
  about: ["After a restore of prod, a lost catalog, or a backup that ended with exit code 4."],
  task: "reconcile",
  options: [apply],
  settings: [...VAULT, CATALOG],
  environment: async () => (await import("./environment.ts")).reconcileEnvironment,
  examples: [
    { line: "reconcile", meaning: "how they differ; nothing is changed" },
    { line: "reconcile --apply", meaning: "enters what is missing, marks what is gone" },
  ],
  exits: [],
};
