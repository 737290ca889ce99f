import type { Command } from "../command/command.ts";
import { GITHUB, target, WEBHOOK } from "../command/options.ts";

export const alarmTestCommand: Command = {
  name: "alarm-test",
  summary: "damage an archive in memory, and check that the alarm is raised",
  about: ["Fails unless it was found and delivered through every channel: docs/watchdog.md."],
  task: "alarm-test",
  options: [target],
  settings: [...GITHUB, ...WEBHOOK],
  environment: async () => (await import("../alerts/environment.ts")).alarmTestEnvironment,
  examples: [{ line: "alarm-test", meaning: "sends a test alarm through every channel that is set" }],
  exits: [],
};
