/** Environment and connections of the alarm channels: GitHub's issues, the webhook, the dead man's switch. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Channels } from "../../../supabase/functions/_shared/alerts/deliver.ts";
import { targetSchema } from "@backup/target.ts";
import { yes } from "../process/environment.ts";
import { requesterFields } from "../run/requester.ts";
import { oldRecipientFields, recipientFields } from "../vault/encryption.ts";
import { vaultFields } from "../vault/environment.ts";
import { connectGitHub, type GitHubRepository } from "./github.ts";
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
  REVO_WATCHDOG_HOURLY: yes,
});
export const alarmTestEnvironment = z.object(alarmFields);
export const vaultEnvironment = z.object({ ...vaultFields, ...recipientFields, ...oldRecipientFields });

type AlarmEnvironment = z.infer<z.ZodObject<typeof alarmFields>>;
type WatchdogEnvironment = z.infer<typeof watchdogEnvironment>;

/** The repository of this run; `null` outside GitHub Actions, where none is set. */
export function gitHubOf(env: AlarmEnvironment): GitHubRepository | null {
  return connectWith(env, env.GITHUB_TOKEN);
}

export function channelsOf(env: AlarmEnvironment & { HEALTHCHECK_URL?: string | undefined }): Channels {
  const github = gitHubOf(env);
  const { OPS_ALERT_WEBHOOK_URL: url, HEALTHCHECK_URL: heartbeatUrl } = env;
  const secret = env.OPS_ALERT_WEBHOOK_SECRET ?? null;
  return {
    issues: github && new AlarmIssues(github),
    webhook: url === undefined ? null : { url, secret, fetch, sleep },
    heartbeat: heartbeatUrl === undefined ? null : { url: heartbeatUrl, fetch, sleep },
  };
}

/** GitHub with the function's token: it states a token's expiry only in answers to requests made with that token. */
export function functionsGitHubOf(env: WatchdogEnvironment): GitHubRepository | null {
  return connectWith(env, env.FUNCTION_GITHUB_TOKEN);
}

function connectWith(env: AlarmEnvironment, token: string | undefined): GitHubRepository | null {
  const { GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: repository } = env;
  if (token === undefined || repository === undefined) return null;
  return connectGitHub({ token, apiUrl, repository });
}
