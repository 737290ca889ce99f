/** Environment and connections of the alarm channels: GitHub's issues, the webhook, the dead man's switch. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { HeartbeatOptions } from "../../../supabase/functions/_shared/alerts/heartbeat.ts";
import { targetSchema } from "@backup/target.ts";
import { requesterFields } from "../run/requester.ts";
import { vaultFields } from "../vault/environment.ts";
import { connectGitHub, type GitHubRepository } from "./github.ts";
import type { Channels } from "./deliver.ts";
import { AlarmIssues } from "./issues.ts";

const alarmFields = {
  ...requesterFields,
  TARGET: targetSchema.default("prod"),
  GITHUB_TOKEN: z.string().optional(),
  GITHUB_API_URL: z.url().default("https://api.github.com"),
  OPS_ALERT_WEBHOOK_URL: z.url().optional(),
  OPS_ALERT_WEBHOOK_SECRET: z.string().min(16).optional(),
};

/** Without the vault's variables: a missing one raises an alarm instead of stopping the watchdog. */
export const watchdogEnvironment = z.object({
  ...alarmFields,
  HEALTHCHECK_URL: z.url().optional(),
  FUNCTION_GITHUB_TOKEN: z.string().optional(),
});
export const alarmTestEnvironment = z.object({ ...alarmFields, ...vaultFields });
export const vaultEnvironment = z.object(vaultFields);

type AlarmEnvironment = z.infer<z.ZodObject<typeof alarmFields>>;
type WatchdogEnvironment = z.infer<typeof watchdogEnvironment>;

/** The repository of this run; `null` outside GitHub Actions, where none is set. */
export function gitHubOf(env: AlarmEnvironment): GitHubRepository | null {
  return connectWith(env, env.GITHUB_TOKEN);
}

export function channelsOf(env: AlarmEnvironment): Channels {
  const github = gitHubOf(env);
  const url = env.OPS_ALERT_WEBHOOK_URL;
  const secret = env.OPS_ALERT_WEBHOOK_SECRET ?? null;
  return {
    issues: github && new AlarmIssues(github),
    webhook: url === undefined ? null : { url, secret, fetch, sleep },
  };
}

export function heartbeatOf({ HEALTHCHECK_URL: url }: WatchdogEnvironment): HeartbeatOptions | null {
  return url === undefined ? null : { url, fetch, sleep };
}

/** The function's token. GitHub returns a token's expiry only in responses to requests made with that token. */
export function tokenOf(env: WatchdogEnvironment): { name: string; github: GitHubRepository } | null {
  const github = connectWith(env, env.FUNCTION_GITHUB_TOKEN);
  return github && { name: "GITHUB_TOKEN da função", github };
}

function connectWith(env: AlarmEnvironment, token: string | undefined): GitHubRepository | null {
  const { GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: repository } = env;
  if (token === undefined || repository === undefined) return null;
  return connectGitHub({ token, apiUrl, repository });
}
