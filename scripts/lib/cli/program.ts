/** The commands as commander parses them. */
import { Argument, Command as Program, Option as Flag } from "commander";
import { resolve } from "node:path";
import { type Command, type Option, PROGRAM } from "../command/command.ts";
import { COMMON } from "../command/options.ts";
import { COMMANDS } from "./commands.ts";
import { SHELLS } from "./completion.ts";
import {
  commandRest,
  HELP_STYLE,
  optionMeaning,
  optionText,
  overviewRest,
  OWN_SUMMARIES,
  sentence,
  usageOf,
} from "./help.ts";
import { missingValue, requireAllowed, tooMany } from "./refusals.ts";

/** What the line is and where it was typed. */
export interface Line {
  /** What follows the program's name. */
  args: readonly string[];
  /** A path is relative to it. */
  folder: string;
}

export interface Handlers {
  command(command: Command, variables: Record<string, string>): void;
  help(command: string | undefined, options: { markdown?: boolean }): void;
  completion(shell: string): void;
  print(text: string): void;
}

/** A program that ends by an exception, and repeats no value that was typed. */
export function programOf(line: Line, handlers: Handlers): Program {
  const program = new Program(PROGRAM)
    .usage("COMMAND [OPTION…]")
    .configureHelp(HELP_STYLE)
    .configureOutput({ writeOut: handlers.print, writeErr: () => {} })
    .showSuggestionAfterError(false)
    .exitOverride()
    .helpCommand(false)
    .helpOption("-h, --help", "options, examples and exit codes")
    .addHelpText("after", overviewRest());
  for (const command of COMMANDS) addCommand(program, command, line, handlers);
  program.command("help").summary(OWN_SUMMARIES.help).argument("[COMMAND]").option("--markdown")
    .action(handlers.help);
  program.command("completion").summary(OWN_SUMMARIES.completion)
    .addArgument(new Argument("<SHELL>").choices(SHELLS)).action(handlers.completion);
  return program;
}

function addCommand(program: Program, command: Command, line: Line, handlers: Handlers): void {
  const { about, name, options, summary } = command;
  const added = program.command(name).summary(summary).description([sentence(summary), ...about].join("\n"))
    .usage(usageOf(command)).addHelpText("after", commandRest(command));
  for (const option of [...options, ...COMMON]) added.addOption(flagOf(command, option, line));
  const operand = options.find(({ flag }) => flag === command.operand);
  if (operand) added.argument("[OPERAND]");
  added.action(() => {
    const variables = variablesOf(command, added.opts());
    const [text] = added.args;
    if (operand && text !== undefined) {
      if (variables[operand.variable] !== undefined) throw tooMany(command);
      variables[operand.variable] = valueOf(command, operand, text, line);
    }
    handlers.command(command, variables);
  });
}

/** @param given by commander's names of the options */
function variablesOf(command: Command, given: Record<string, string | true>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { flag, sets = "yes", variable } of [...command.options, ...COMMON]) {
    const value = given[new Flag(`--${flag}`).attributeName()];
    if (value !== undefined) variables[variable] = value === true ? sets : value;
  }
  return variables;
}

function flagOf(command: Command, option: Option, line: Line): Flag {
  const flag = new Flag(optionText(option), optionMeaning(option));
  if (option.value) {
    flag.argParser((text: string) => {
      // commander takes the next option for the value
      const isOption = text.startsWith("-") && !line.args.includes(`--${option.flag}=${text}`);
      if (text === "" || isOption) throw missingValue(command, option);
      return valueOf(command, option, text, line);
    });
  }
  return flag;
}

function valueOf(command: Command, option: Option, text: string, { folder }: Line): string {
  requireAllowed(command, option, text);
  return option.value?.isFile ? resolve(folder, text) : text;
}
