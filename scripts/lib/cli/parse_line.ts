/** What was typed: a command with the environment that it reads, or a text to print. */
import { CommanderError } from "commander";
import { BackupError } from "@backup/errors.ts";
import type { Command } from "../command/command.ts";
import { COMMANDS } from "./commands.ts";
import { completionScript, NAMES, SHELLS } from "./completion.ts";
import { programOf } from "./program.ts";
import { reference } from "./reference.ts";
import { refusedByParser, refusedShell, requireAll, unknownCommand } from "./refusals.ts";

export type ParsedLine =
  /** `variables`: what the options set. */
  | { kind: "command"; command: Command; variables: Record<string, string> }
  | { kind: "text"; text: string };

export interface Context {
  /** The caller's: a path is relative to it. */
  folder: string;
  /** Of this checkout. */
  root: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * @param args what follows the program's name
 * @throws {BackupError} `invalid_payload`: no such command or option, a value that is missing or not allowed.
 */
export function parseLine(args: readonly string[], context: Context): ParsedLine {
  const [name = "help", ...rest] = args;
  if (name.startsWith("-") && !["-h", "--help"].includes(name)) throw unknownCommand(name, NAMES);
  let parsed: ParsedLine | null = null;
  const printed: string[] = [];
  const program = programOf({ args: rest, folder: context.folder }, {
    command(command, variables) {
      requireAll(command, { ...context.environment, ...variables });
      parsed = { kind: "command", command, variables };
    },
    help(of, { markdown }) {
      if (markdown) parsed = { kind: "text", text: reference() };
      else if (of === undefined) program.outputHelp();
      else parsed = parseLine([of, "--help"], context);
    },
    completion(shell) {
      const wanted = SHELLS.find((known) => known === shell) ?? SHELLS[0];
      parsed = { kind: "text", text: completionScript(wanted, context.root) };
    },
    print: (text) => printed.push(text),
  });
  try {
    program.parse([name, ...rest], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.code !== "commander.helpDisplayed") throw refusalOf(name, thrown);
  }
  return parsed ?? { kind: "text", text: printed.join("") };
}

function refusalOf(name: string, error: CommanderError): BackupError {
  const command = COMMANDS.find((each) => each.name === name);
  if (command) return refusedByParser(command, error);
  return name === "completion" ? refusedShell() : unknownCommand(name, NAMES);
}
