/** The commands, in the order in which help and docs/commands.md show them. */
import { backupCommand } from "../backup/command.ts";
import { uploadCommand } from "../backup/upload_command.ts";
import type { Command } from "../command/command.ts";
import { doctorCommand } from "../doctor/command.ts";
import { keysCommand } from "../doctor/keys_command.ts";
import { drillCommand } from "../drill/command.ts";
import { listCommand } from "../list/command.ts";
import { lookCommand } from "../look/command.ts";
import { pruneCommand } from "../prune/command.ts";
import { reconcileCommand } from "../reconcile/command.ts";
import { recoverCommand } from "../recover/command.ts";
import { restoreCommand } from "../restore/command.ts";
import { takeCommand } from "../take/command.ts";
import { verifyCommand } from "../verify/command.ts";
import { alarmTestCommand } from "../watchdog/alarm_test_command.ts";
import { watchdogCommand } from "../watchdog/command.ts";

export const COMMANDS: readonly Command[] = [
  backupCommand,
  restoreCommand,
  recoverCommand,
  drillCommand,
  listCommand,
  verifyCommand,
  lookCommand,
  takeCommand,
  pruneCommand,
  reconcileCommand,
  uploadCommand,
  watchdogCommand,
  doctorCommand,
  keysCommand,
  alarmTestCommand,
];
