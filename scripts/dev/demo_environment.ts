/** The environment file for commands on the running stack in a second terminal: docs/environment.md, "On the demo". */
import { join } from "node:path";
import type { Plan } from "./stack_parts.ts";
import { workflowSecretsOf } from "./stack_parts.ts";
import { REPOSITORY } from "./github_part.ts";
import { ROOT } from "./root.ts";
import type { Stack } from "./stack_types.ts";

/** Ignored by git. */
export const DEMO_ENVIRONMENT_FILE = join(ROOT, ".env.demo");

/** Values that bash and `node --env-file` read unquoted without a change. */
const PLAIN = /^[\w@%+:,./=-]*$/;

/** The variables of the commands on this stack, under the names of docs/environment.md. */
export function demoEnvironment(
  plan: Plan,
  databases: Stack["databases"],
  adminUrl: string,
): Record<string, string> {
  return {
    ...workflowSecretsOf(plan, databases),
    BACKUP_PUBLIC_KEYS: plan.keys.backupPublic,
    SUPABASE_ADMIN_URL_PROD: adminUrl,
    SUPABASE_URL: plan.urls.supabase,
    GITHUB_TOKEN: plan.githubToken,
    FUNCTION_GITHUB_TOKEN: plan.githubToken,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: plan.urls.github,
    REVO_PG_BIN: plan.binaries.folder,
    REVO_WATCHDOG_HOURLY: "yes", // without pg_cron
  };
}

/**
 * One `NAME=value` a line, as both `bash` (`set -a; . FILE`) and `node --env-file=FILE` read it.
 * @throws {Error} for a value that the two read differently; the value is not part of the message.
 */
export function environmentFileText(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables).map(([name, value]) => {
    if (PLAIN.test(value)) return `${name}=${value}\n`;
    if (/['\r\n]/.test(value)) {
      throw new Error(`Cannot write ${name} into an environment file: it contains a quote or a line break`);
    }
    return `${name}='${value}'\n`;
  }).join("");
}
