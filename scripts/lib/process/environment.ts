/**
 * A command's inputs and secrets, which GitHub passes through the environment. Everything is validated at once, and all
 * that is missing or wrong is reported together. GitHub writes an absent input as an empty string.
 */
import { Buffer } from "node:buffer";
import { readSync } from "node:fs";
import process from "node:process";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of `REVO_SECRETS` with which scripts/run_task.sh hands the secrets over. */
const FROM_STANDARD_INPUT = "stdin";
const STANDARD_INPUT = 0;

let own: Environment | null = null;

/**
 * What this command reads: its environment, and the secrets that scripts/run_task.sh hands over so that they are in no
 * environment. They do not become part of this process's, which child processes may inherit.
 */
export function ownEnvironment(): Environment {
  return own ??= process.env.REVO_SECRETS === FROM_STANDARD_INPUT
    ? { ...process.env, ...parseSecrets(readStandardInput()) }
    : process.env;
}

/** @param text of pairs `NAME=value`, each with a NUL behind it */
export function parseSecrets(text: string): Record<string, string> {
  const pairs = text.split("\0").slice(0, -1);
  return Object.fromEntries(pairs.map((pair) => {
    const end = pair.indexOf("=");
    return [pair.slice(0, end), pair.slice(end + 1)];
  }));
}

/** To its end, which comes as soon as the secrets are written. */
function readStandardInput(): string {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const bytes = readSync(STANDARD_INPUT, chunk);
    if (bytes === 0) return Buffer.concat(chunks).toString();
    chunks.push(chunk.subarray(0, bytes));
  }
}

/** `yes` or `true`; absent means no. */
export const yes = z.enum(["yes", "true", "no", "false"]).default("no").transform((text) =>
  text === "yes" || text === "true"
);

/** Names separated by commas. */
export const names = z.string().default("").transform((text) =>
  text.split(",").map((name) => name.trim()).filter((name) => name !== "")
);

/**
 * @throws {BackupError} `missing_environment` naming every variable that is absent or wrong, never its value.
 */
export function readEnvironment<T extends z.ZodType>(schema: T, environment: Environment): z.infer<T> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const wrong = result.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return given[name] === undefined ? `${name} is missing` : `${name}: ${issue.message}`;
  });
  throw new BackupError("missing_environment", `Cannot start: ${[...new Set(wrong)].join("; ")}`, {
    hint: "Inputs come from the workflow's form, secrets from the repository's settings.",
  });
}
