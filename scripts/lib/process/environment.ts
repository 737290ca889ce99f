/**
 * A command's inputs and secrets, which GitHub passes through the environment. Everything is validated at once, and all
 * that is missing or wrong is reported together. GitHub writes an absent input as an empty string.
 */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

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
