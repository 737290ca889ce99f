/** Help for a terminal: the whole, and one command. */
import { type Command, COMMON_EXITS, type Option, PROGRAM, type Setting } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { exitLines } from "./exit_codes.ts";
import { COMMON } from "./options.ts";

/** Commands about commands, with what they do. */
export const OWN_SUMMARIES: readonly (readonly [string, string])[] = [
  ["help [COMMAND]", "this, or a command's options and examples"],
  ["completion bash|zsh", "what makes a shell complete commands, options and values"],
];

export function overview(): string {
  const commands = COMMANDS.map(({ name, summary }) => [name, summary] as const);
  return [
    `Usage: ${PROGRAM} COMMAND [OPTION…]`,
    "",
    "Commands:",
    ...columns([...commands, ...OWN_SUMMARIES]),
    "",
    "Every command:",
    ...columns([...COMMON.map(optionRow), ["--help", "options, examples and exit codes"]]),
    "",
    "Inputs may also be environment variables; secrets always are: docs/environment.md.",
    "",
    "Examples:",
    ...columns(COMMANDS.flatMap(({ examples }) => examples.slice(0, 1)).slice(0, 4).map(exampleRow)),
  ].join("\n");
}

export function helpOf(command: Command): string {
  const options = [...command.options, ...COMMON].map(optionRow);
  return [
    `Usage: ${usageOf(command)}`,
    "",
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    ...command.about,
    "",
    "Options:",
    ...columns(options),
    "",
    "From the environment:",
    ...columns(command.settings.map(settingRow)),
    "",
    "Examples:",
    ...command.examples.flatMap(({ line, meaning }) => [`  # ${meaning}`, `  ${PROGRAM} ${line}`]),
    "",
    "Exit codes:",
    ...exitLines([...COMMON_EXITS, ...command.exits]).map((line) => `  ${line}`),
  ].join("\n");
}

export function usageOf(command: Command): string {
  const required = command.options.filter(({ flag, isRequired }) => isRequired && flag !== command.operand);
  const operand = command.options.find(({ flag }) => flag === command.operand);
  const place = operand?.value?.placeholder ?? "";
  return [
    PROGRAM,
    command.name,
    ...required.map(optionText),
    "[OPTION…]",
    ...operand ? [operand.isRequired ? place : `[${place}]`] : [],
  ].join(" ");
}

export function optionText({ flag, value }: Option): string {
  return value ? `--${flag} ${value.choices?.join("|") ?? value.placeholder}` : `--${flag}`;
}

/** What an option does, with its default. */
export function optionMeaning({ fallback, isRequired, summary }: Option): string {
  if (isRequired) return `${summary} (required)`;
  return fallback === undefined ? summary : `${summary} (default: ${fallback})`;
}

export function settingMeaning({ isRequired, when }: Setting): string {
  return [isRequired ? "required" : null, when ?? null].filter((word) => word !== null).join(": ");
}

const optionRow = (option: Option) => [optionText(option), optionMeaning(option)] as const;
const settingRow = (setting: Setting) => [setting.variable, settingMeaning(setting)] as const;
const exampleRow = ({ line, meaning }: { line: string; meaning: string }) =>
  [`${PROGRAM} ${line}`, meaning] as const;

/** Two columns; what does not fit into the first stands on a line of its own. */
const FIRST_COLUMN = 28;

function columns(rows: readonly (readonly [string, string])[]): string[] {
  return rows.flatMap(([left, right]) =>
    left.length > FIRST_COLUMN
      ? [`  ${left}`, `  ${" ".repeat(FIRST_COLUMN)}  ${right}`]
      : [`  ${left.padEnd(FIRST_COLUMN)}  ${right}`.trimEnd()]
  );
}
