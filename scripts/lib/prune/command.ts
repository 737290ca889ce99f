import type { Command } from "../command/command.ts";
import { apply, CATALOG, eachTarget, REQUESTER, VAULT } from "../command/options.ts";

export const pruneCommand: Command = {
  name: "prune",
  summary: "retention: report which backups are due for deletion and why, or delete them",
  about: ["The rules: docs/retention.md."],
  task: "prune",
  options: [eachTarget, apply, ...REQUESTER],
  settings: [...VAULT, CATALOG],
  environment: async () => (await import("./environment.ts")).pruneEnvironment,
  examples: [
    { line: "prune", meaning: "what would be deleted, of every database; nothing is deleted" },
    { line: "prune --target dev --apply", meaning: "deletes what dev need not keep" },
  ],
  exits: ["busy", "pruneIncomplete"],
};
