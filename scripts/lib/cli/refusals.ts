/** Why a line is refused, and what to type instead. Values are never repeated: one may be a secret. */
import type { CommanderError } from "commander";
import { BackupError } from "@backup/errors.ts";
import { type Command, type Option, PROGRAM } from "../command/command.ts";
import { COMMON } from "../command/options.ts";
import { SHELLS } from "./completion.ts";
import { nearest } from "./nearest.ts";

const SECRET = /(^|-)(url|secret|token|password|passwd|credential|credentials|access-key|dsn)(-|$)/;

/** @param name what was typed as a command's name */
export function unknownCommand(name: string, names: readonly string[]): BackupError {
  return refusal(`there is no such command${quoteUnlessSecret(name)}`, suggest(nearest(name, names)), "help");
}

/** What commander refused of a command's options and operands. */
export function refusedByParser(command: Command, { code, message }: CommanderError): BackupError {
  const [, dashes = "", name = ""] = /'(--?)([^'= ]*)/.exec(message) ?? [];
  if (code === "commander.excessArguments") return tooMany(command);
  const option = [...command.options, ...COMMON].find(({ flag }) => flag === name && dashes === "--");
  if (option === undefined) return unknownOption(command, dashes, name);
  return option.value
    ? missingValue(command, option)
    : refusal(`--${name} takes no value`, "", helpFor(command));
}

export function refusedShell(): BackupError {
  return new BackupError("invalid_payload", `Cannot start: completion is for ${SHELLS.join(" or ")}`, {
    hint: `For example: ${PROGRAM} completion ${SHELLS[0]}`,
  });
}

export function tooMany(command: Command): BackupError {
  const count = command.operand === undefined ? "takes none" : "takes one";
  const fact = `there is an argument too many: \`${command.name}\` ${count} without an option`;
  return refusal(fact, "", helpFor(command));
}

/** @throws {BackupError} `invalid_payload` for what the command would refuse. */
export function requireAllowed(command: Command, { flag, value }: Option, text: string): void {
  const { choices, schema } = value ?? {};
  if (choices && !choices.includes(text)) {
    const fact = `--${flag} must be one of ${choices.join(", ")}`;
    throw refusal(fact, suggest(nearest(text, choices)), helpFor(command));
  }
  const checked = schema?.safeParse(text);
  if (!checked || checked.success) return;
  const messages = checked.error.issues.map(({ message }) => message).join("; ");
  throw refusal(`--${flag}: ${messages}`, "", helpFor(command));
}

/**
 * Secrets are not options: the command itself reports those that are missing.
 * @throws {BackupError} `invalid_payload` naming every required option that neither the line nor the environment has.
 */
export function requireAll(command: Command, given: Readonly<Record<string, string | undefined>>): void {
  const missing = command.options.filter(({ isRequired, variable }) => isRequired && !given[variable]);
  if (missing.length === 0) return;
  const flags = missing.map(({ flag, value }) => `--${flag} ${value?.placeholder ?? ""}`.trim());
  throw refusal(`\`${command.name}\` needs ${flags.join(" and ")}`, "", helpFor(command));
}

function unknownOption(command: Command, dashes: string, name: string): BackupError {
  if (SECRET.test(name.toLowerCase().replaceAll("_", "-"))) return refusedSecret(command, name);
  const near = nearest(name, [...command.options, ...COMMON].map(({ flag }) => flag));
  const fact = `\`${command.name}\` has no option ${dashes}${name}`;
  return refusal(fact, suggest(near && `--${near}`), helpFor(command));
}

function refusedSecret(command: Command, name: string): BackupError {
  const variable = name.toUpperCase().replaceAll("-", "_");
  const isKnown = command.settings.some((setting) => setting.variable === variable);
  const hint = isKnown
    ? `Set the environment variable ${variable}.`
    : `Set an environment variable: ${PROGRAM} ${helpFor(command)} names them.`;
  const fact = "Cannot take a secret as an option: every program of this machine sees it there";
  return new BackupError("invalid_payload", fact, { hint });
}

export function missingValue(command: Command, { flag, value }: Option): BackupError {
  return refusal(`--${flag} needs a value: --${flag} ${value?.placeholder}`, "", helpFor(command));
}

/** A text that looks like a URL may be one with a password. */
function quoteUnlessSecret(text: string): string {
  return /^[A-Za-z0-9_-]{1,40}$/.test(text) ? `: ${text}` : "";
}

const helpFor = ({ name }: Command) => `${name} --help`;
const suggest = (name: string | null) => name === null ? "" : `Did you mean ${name}? `;

function refusal(fact: string, suggestion: string, help: string): BackupError {
  return new BackupError("invalid_payload", `Cannot start: ${fact}`, {
    hint: `${suggestion}See ${PROGRAM} ${help}`,
  });
}
