/** Help texts: the parts of a command that commander does not know, and how an option is described everywhere. */
import { Help, type HelpConfiguration } from "commander";
import {
  type Command,
  COMMON_EXITS,
  type Example,
  type Option,
  PROGRAM,
  type Setting,
} from "../command/command.ts";
import { COMMON } from "../command/options.ts";
import { COMMANDS } from "./commands.ts";
import { exitLines } from "./exit_codes.ts";

/** Commands about commands, with what they do. */
export const OWN_SUMMARIES = {
  help: "this, or a command's options and examples",
  completion: "a script by which bash or zsh completes commands, options and values",
} as const;

/** Columns; lines of a description that are longer are wrapped. */
const WIDTH = 120;

export const HELP_STYLE: HelpConfiguration = {
  helpWidth: WIDTH,
  subcommandTerm: (command) => command.name(),
};

/** What follows the list of commands. */
export function overviewRest(): string {
  const examples = COMMANDS.flatMap(({ examples }) => examples.slice(0, 1)).slice(0, 4);
  return [
    "",
    "Every command:",
    ...columns(COMMON.map(optionRow)),
    "",
    "Inputs may also be environment variables; secrets always are: docs/environment.md.",
    "",
    "Examples:",
    ...examples.flatMap(exampleLines),
  ].join("\n");
}

/** What follows the options of a command. */
export function commandRest({ examples, exits, settings }: Command): string {
  return [
    "",
    "From the environment:",
    ...columns(settings.map((setting) => [setting.variable, settingMeaning(setting)])),
    "",
    "Examples:",
    ...examples.flatMap(exampleLines),
    "",
    "Exit codes:",
    ...exitLines([...COMMON_EXITS, ...exits]).map((line) => `  ${line}`),
  ].join("\n");
}

/** What follows a command's name: required options, the others, the value that needs no flag. */
export function usageOf({ operand, options }: Command): string {
  const required = options.filter(({ flag, isRequired }) => isRequired && flag !== operand);
  const placed = options.find(({ flag }) => flag === operand);
  const place = placed?.value?.placeholder ?? "";
  return [
    ...required.map(optionText),
    "[OPTION…]",
    ...placed ? [placed.isRequired ? place : `[${place}]`] : [],
  ].join(" ");
}

export function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

export function optionText({ flag, value }: Option): string {
  return value ? `--${flag} <${value.choices?.join("|") ?? value.placeholder}>` : `--${flag}`;
}

/** What an option does, with its default. */
export function optionMeaning({ fallback, isRequired, summary }: Option): string {
  if (isRequired) return `${summary} (required)`;
  return fallback === undefined ? summary : `${summary} (default: ${fallback})`;
}

export function settingMeaning({ isRequired, when }: Setting): string {
  return [isRequired ? "required" : null, when ?? null].filter((part) => part !== null).join(": ");
}

const optionRow = (option: Option) => [optionText(option), optionMeaning(option)] as const;
const exampleLines = ({ line, meaning }: Example) => [`  # ${meaning}`, `  ${PROGRAM} ${line}`];

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const help = Object.assign(new Help(), { helpWidth: WIDTH });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => help.formatItem(left, width, right, help).trimEnd());
}
