/** Translates GitHub's failures into codes, each with its remedy. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { gitHubFailureCode } from "@backup/github/failures.ts";
import { RequestError } from "./responses.ts";

/** The part of Octokit's error that is used; without `response` GitHub did not answer. */
const answeredSchema = z.object({
  status: z.number(),
  response: z.object({
    headers: z.record(z.string(), z.unknown()),
    data: z.unknown(),
  }),
});
type Answered = z.infer<typeof answeredSchema>;

/**
 * @param now for the wait until a rate limit's reset.
 * @returns `github_unclear` whenever the request may have been acted upon: a time-out, a connection lost, a 5xx.
 */
export function toGitHubError(thrown: unknown, now: Date): BackupError {
  if (thrown instanceof BackupError) return thrown;
  const answered = answeredSchema.safeParse(thrown);
  if (answered.success) return ofAnswer(answered.data, thrown, now);
  if (neverConnected(thrown)) return new RequestError("github_error", "Cannot reach GitHub", {}, thrown);
  return new RequestError("github_unclear", "GitHub did not answer in time", {}, thrown);
}

/** Whether GitHub refused because of the resource's state (409). */
export function isConflict(error: unknown): boolean {
  return statusIn(error) === 409;
}

/** Whether GitHub has none, or no longer (410: logs are kept for a while). */
export function isGone(error: unknown): boolean {
  return [404, 410].includes(statusIn(error) ?? 0);
}

/** Of GitHub's refusal; one that was read as another error is its cause. */
function statusIn(error: unknown): number | undefined {
  if (!(error instanceof BackupError)) return undefined;
  return answeredSchema.safeParse(error.cause).data?.status ?? statusIn(error.cause);
}

function ofAnswer(answer: Answered, cause: unknown, now: Date): BackupError {
  const message = messageIn(answer.response.data);
  const code = gitHubFailureCode({ status: answer.status, headers: answer.response.headers, message });
  const fact = `GitHub answered ${answer.status}: ${message || "no reason given"}`;
  if (code !== "github_rate_limited") return new RequestError(code, fact, {}, cause);
  const wait = waitSeconds(answer.response.headers, now);
  return new RequestError(code, fact, {
    sentence: `Espera indicada: ${wait} s.`,
    details: { retry_after_seconds: wait },
    retryAfter: wait,
  }, cause);
}

/** Seconds to wait as GitHub states them; a minute, as it recommends, where it states none. */
function waitSeconds(headers: Record<string, unknown>, now: Date): number {
  const seconds = Number(headers["retry-after"]);
  if (seconds > 0) return Math.ceil(seconds);
  const untilReset = Number(headers["x-ratelimit-reset"]) - now.getTime() / 1000;
  return untilReset > 0 ? Math.ceil(untilReset) : 60;
}

function messageIn(data: unknown): string {
  const parsed = z.object({ message: z.string() }).safeParse(data);
  return parsed.success ? parsed.data.message.slice(0, 300) : "";
}

/** Deno's message for a connection that was not established: the request had no effect. */
function neverConnected(thrown: unknown): boolean {
  return thrown instanceof Error &&
    /client error \(Connect\)/.test(`${thrown.message} ${thrown.cause ?? ""}`);
}
