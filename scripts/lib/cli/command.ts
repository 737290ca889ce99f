/**
 * What a command of `npm run backups` is. The tables of `options.ts` and `commands.ts` are the one home of that: help,
 * parsing, completion and docs/commands.md are made from them.
 */
import type { z } from "zod";
import type { EXIT } from "../run/main.ts";

export interface Option {
  /** As it is typed, without dashes. */
  flag: string;
  /** The environment variable by which the command gets it. */
  variable: string;
  /** What follows the flag; a switch has nothing, and sets its variable to `yes` (or to `sets`). */
  value?: OptionValue;
  sets?: string;
  summary: string;
  /** What it is when it is not given, in words. */
  fallback?: string;
  isRequired?: boolean;
}

export interface OptionValue {
  /** Stands for it in help texts. */
  placeholder: string;
  /** Only these. */
  choices?: readonly string[];
  /** Says no to what the command would refuse. */
  schema?: z.ZodType;
  /** A path: relative to where the person is, not to this repository. */
  isFile?: boolean;
}

/** A variable that is no option: a secret, or what belongs to the machine. */
export interface Setting {
  variable: string;
  /** Nothing works without it. */
  isRequired?: boolean;
  when?: string;
}

export interface Example {
  /** What is typed after `npm run backups -- `. */
  line: string;
  meaning: string;
}

export interface Command {
  name: string;
  /** One line. */
  summary: string;
  /** What else there is to know, a sentence a line. */
  about: readonly string[];
  /** Of deno.json, with its permissions. */
  task: string;
  taskArguments?: readonly string[];
  options: readonly Option[];
  /** The flag of an option that may be given by its place instead, without the flag. */
  operand?: string;
  settings: readonly Setting[];
  examples: readonly Example[];
  /** Those that it ends with, besides {@link COMMON_EXITS}. */
  exits: readonly ExitName[];
}

export type ExitName = keyof typeof EXIT;

/** Every command may end with these. */
export const COMMON_EXITS: readonly ExitName[] = ["done", "failed", "badInput", "cancelled"];

/** How a person calls this program. */
export const PROGRAM = "npm run backups --";
