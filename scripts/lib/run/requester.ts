/** The requester of a run, and the run of GitHub that executes it. */
import { z } from "zod";

export interface Requester {
  requestId: string;
  requestedBy: string;
  run: { id: string; url: string; attempt: number } | null;
  gitSha: string | null;
}

export const requesterFields = {
  REQUEST_ID: z.guid().optional(),
  REQUESTED_BY: z.string().max(200).optional(),
  REASON: z.string().max(500).optional(),
  GITHUB_EVENT_NAME: z.string().optional(),
  GITHUB_ACTOR: z.string().optional(),
  GITHUB_RUN_ID: z.string().optional(),
  GITHUB_RUN_ATTEMPT: z.coerce.number().int().positive().default(1),
  GITHUB_SERVER_URL: z.url().default("https://github.com"),
  GITHUB_REPOSITORY: z.string().optional(),
  GITHUB_SHA: z.string().optional(),
};

/**
 * The requester of a run without a row: the schedule, a user of GitHub, or a user of the command line. A run that was
 * requested on the screen has the signed-in user in its row. On GitHub no input names a requester.
 */
export function requesterOf(
  env: z.infer<z.ZodObject<typeof requesterFields>>,
  newId: () => string,
): Requester {
  const requestedBy = env.GITHUB_EVENT_NAME === "schedule"
    ? "schedule"
    : env.GITHUB_ACTOR
    ? `github:${env.GITHUB_ACTOR}`
    : env.REQUESTED_BY ?? "command line";
  return {
    requestId: env.REQUEST_ID ?? newId(),
    requestedBy,
    run: env.GITHUB_RUN_ID && env.GITHUB_REPOSITORY
      ? {
        id: env.GITHUB_RUN_ID,
        url: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`,
        attempt: env.GITHUB_RUN_ATTEMPT,
      }
      : null,
    gitSha: env.GITHUB_SHA ?? null,
  };
}
