/**
 * What a command of `npm run backups` is. Each room that has a command describes it in its `command.ts`; parsing, help,
 * completion and docs/commands.md are made from these descriptions.
 */
import type { z } from "zod";
import type { EXIT } from "../run/exit_code.ts";

export interface Option {
  /** As it is typed, without dashes. */
  flag: string;
  /** The environment variable by which the command gets it. */
  variable: string;
  /** What follows the flag. A switch has none, and sets its variable to `yes` (or to `sets`). */
  value?: OptionValue;
  sets?: string;
  summary: string;
  /** The default, in words. */
  fallback?: string;
  isRequired?: boolean;
}

export interface OptionValue {
  /** Its name in help texts. */
  placeholder: string;
  /** The only values that are accepted. */
  choices?: readonly string[];
  /** Refuses what the command would refuse. */
  schema?: z.ZodType;
  /** A path, relative to the folder of the caller, not to this repository. */
  isFile?: boolean;
}

/** A variable without an option: a secret, or a property of the machine. */
export interface Setting {
  variable: string;
  /** The command does not start without it. */
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
  /** Further facts, a sentence a line. */
  about: readonly string[];
  /** Its task in deno.json, with its permissions. */
  task: string;
  taskArguments?: readonly string[];
  options: readonly Option[];
  /** The flag of an option whose value may be given without the flag. */
  operand?: string;
  settings: readonly Setting[];
  /** What its main reads. Loaded on demand: it imports the clients of S3 and GitHub, which help does not need. */
  environment: () => Promise<z.ZodObject>;
  examples: readonly Example[];
  /** Exit codes besides {@link COMMON_EXITS}. */
  exits: readonly ExitName[];
}

export type ExitName = keyof typeof EXIT;

/** Every command may end with these. */
export const COMMON_EXITS: readonly ExitName[] = ["done", "failed", "badInput", "cancelled", "abandoned"];

/** How this program is called. */
export const PROGRAM = "npm run backups --";

/** A key in examples. */
export const EXAMPLE_KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
