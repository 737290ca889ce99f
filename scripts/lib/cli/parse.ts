/** What was typed, as the environment that the command reads. Values are never repeated: one may be a secret. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { BackupError } from "@backup/errors.ts";
import { type Command, type Option, type OptionValue, PROGRAM } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { nearest } from "./nearest.ts";
import { COMMON } from "./options.ts";

/** Commands about commands. */
export const OWN_COMMANDS = ["help", "completion"] as const;

export interface ParsedCommand {
  command: Command;
  /** What the options set. */
  variables: Record<string, string>;
  wantsHelp: boolean;
}

/** @throws {BackupError} `invalid_payload`, with the name that may have been meant. */
export function findCommand(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found) return found;
  const names = [...COMMANDS.map((command) => command.name), ...OWN_COMMANDS];
  throw wrong(`there is no such command${quoteUnlessSecret(name)}`, meant(nearest(name, names)), "help");
}

/**
 * @param args what follows the command's name
 * @param folder where the person is
 * @throws {BackupError} `invalid_payload`: an unknown option, a value that is missing or not allowed.
 */
export function parseCommand(
  command: Command,
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): ParsedCommand {
  const options = [...command.options, ...COMMON];
  const variables: Record<string, string> = {};
  let wantsHelp = false;
  for (const token of tokensOf(args, options)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "option" && token.name === HELP) {
      wantsHelp = true;
      continue;
    }
    const isOption = token.kind === "option";
    const option = isOption
      ? optionNamed(command, options, token.rawName)
      : operandOf(command, options, variables);
    const isInline = isOption && token.inlineValue === true;
    variables[option.variable] = valueOf(command, option, { text: token.value, isInline }, folder);
  }
  if (!wantsHelp) requireAll(command, { ...environment, ...variables });
  return { command, variables, wantsHelp };
}

const HELP = "help";

/** Words as they follow each other; none is refused here, since what is refused is not to be repeated. */
function tokensOf(args: readonly string[], options: readonly Option[]) {
  const known = options.map(({ flag, value }) =>
    [flag, { type: value ? "string" as const : "boolean" as const }] as const
  );
  return parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: { [HELP]: { type: "boolean", short: "h" }, ...Object.fromEntries(known) },
  }).tokens;
}

function optionNamed(command: Command, options: readonly Option[], rawName: string): Option {
  const name = rawName.replace(/^-+/, "");
  const found = rawName.startsWith("--") ? options.find(({ flag }) => flag === name) : undefined;
  if (found) return found;
  if (isSecret(name)) throw refuseSecret(command, name);
  const near = nearest(name, [...options.map(({ flag }) => flag), HELP]);
  throw wrong(
    `\`${command.name}\` has no option ${rawName}`,
    meant(near && `--${near}`),
    `${command.name} --help`,
  );
}

/** What follows the command without a flag. */
function operandOf(command: Command, options: readonly Option[], given: Record<string, string>): Option {
  const option = options.find(({ flag }) => flag === command.operand);
  if (option && given[option.variable] === undefined) return option;
  const count = option ? "takes one" : "takes none";
  throw wrong(
    `there is an argument too many: \`${command.name}\` ${count} without an option`,
    "",
    `${command.name} --help`,
  );
}

function valueOf(
  command: Command,
  { flag, sets = "yes", value }: Option,
  given: { text: string | undefined; isInline: boolean },
  folder: string,
): string {
  const help = `${command.name} --help`;
  if (!value) {
    if (given.isInline) throw wrong(`--${flag} takes no value`, "", help);
    return sets;
  }
  const { isInline, text = "" } = given;
  if (text === "" || (!isInline && text.startsWith("-"))) {
    throw wrong(`--${flag} needs a value: --${flag} ${value.placeholder}`, "", help);
  }
  requireAllowed(flag, value, text, help);
  return value.isFile ? resolve(folder, text) : text;
}

function requireAllowed(flag: string, { choices, schema }: OptionValue, text: string, help: string): void {
  if (choices && !choices.includes(text)) {
    throw wrong(`--${flag} must be one of ${choices.join(", ")}`, meant(nearest(text, choices)), help);
  }
  const checked = schema?.safeParse(text);
  if (!checked || checked.success) return;
  throw wrong(`--${flag}: ${checked.error.issues.map(({ message }) => message).join("; ")}`, "", help);
}

/** What the command would miss and can be typed. Secrets it asks for by itself. */
function requireAll(command: Command, given: Readonly<Record<string, string | undefined>>): void {
  const missing = command.options.filter(({ isRequired, variable }) => isRequired && !given[variable]);
  if (missing.length === 0) return;
  const flags = missing.map(({ flag, value }) => `--${flag} ${value?.placeholder ?? ""}`.trim());
  throw wrong(`\`${command.name}\` needs ${flags.join(" and ")}`, "", `${command.name} --help`);
}

const SECRET = /(^|-)(url|secret|token|password|passwd|credential|credentials|access-key|dsn)(-|$)/;

function isSecret(name: string): boolean {
  return SECRET.test(name.toLowerCase().replaceAll("_", "-"));
}

function refuseSecret(command: Command, name: string): BackupError {
  const variable = name.toUpperCase().replaceAll("-", "_");
  const known = command.settings.some((setting) => setting.variable === variable);
  return new BackupError(
    "invalid_payload",
    `Cannot take a secret as an option: every program of this machine sees it there`,
    {
      hint: known
        ? `Set the environment variable ${variable}.`
        : `Set an environment variable: ${PROGRAM} ${command.name} --help names them.`,
    },
  );
}

/** A word that looks like a URL may be one with a password. */
function quoteUnlessSecret(word: string): string {
  return /^[A-Za-z0-9_-]{1,40}$/.test(word) ? `: ${word}` : "";
}

function meant(name: string | null): string {
  return name === null ? "" : `Did you mean ${name}? `;
}

function wrong(fact: string, suggestion: string, help: string): BackupError {
  return new BackupError("invalid_payload", `Cannot start: ${fact}`, {
    hint: `${suggestion}See ${PROGRAM} ${help}`,
  });
}
