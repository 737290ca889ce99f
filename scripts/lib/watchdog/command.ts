import type { Command } from "../command/command.ts";
import { AGE_RECIPIENTS, CATALOG, GITHUB, target, VAULT, WEBHOOK } from "../command/options.ts";

export const watchdogCommand: Command = {
  name: "watchdog",
  summary: "check whether the backups are well, and raise an alarm when they are not",
  about: ["One round of what the workflow does every six hours: docs/watchdog.md."],
  task: "watchdog",
  options: [target],
  settings: [
    ...VAULT,
    AGE_RECIPIENTS,
    {
      variable: "BACKUP_AGE_OLD_RECIPIENTS",
      when: "public keys of older backups whose secret keys are kept",
    },
    CATALOG,
    ...GITHUB,
    { variable: "FUNCTION_GITHUB_TOKEN", when: "to read when it expires" },
    { variable: "HEALTHCHECK_URL", when: "a dead man's switch" },
    { variable: "REVO_WATCHDOG_HOURLY", when: "without a watch in the database" },
    ...WEBHOOK,
  ],
  environment: async () => (await import("../alerts/environment.ts")).watchdogEnvironment,
  examples: [{ line: "watchdog", meaning: "checks prod, notifies every channel that is set" }],
  exits: [],
};
