/** Maps GitHub's refusals to codes, each with its remedy. */
import type { ErrorCode } from "../messages.ts";

/** An unsuccessful response. */
export interface GitHubFailure {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  /** GitHub's message, empty for none. */
  message: string;
}

/** Messages of GitHub's 422 to a dispatch. */
const REFUSALS: readonly [RegExp, ErrorCode][] = [
  [/no ref found/i, "github_ref_not_found"],
  [/disabled workflow/i, "github_workflow_disabled"],
  [
    /unexpected inputs|required input|provided value|inputs? .*(invalid|not allowed)|workflow_dispatch/i,
    "github_unexpected_input",
  ],
];

/** `github_unclear` if the request may have been executed. */
export function gitHubFailureCode({ status, headers, message }: GitHubFailure): ErrorCode {
  if (status === 401) return "github_bad_token";
  if (status === 429 || (status === 403 && isRateLimit(headers, message))) return "github_rate_limited";
  if (status === 403) return "github_forbidden";
  if (status === 404) return "github_not_found";
  if (status === 422) return REFUSALS.find(([pattern]) => pattern.test(message))?.[1] ?? "github_error";
  return status >= 500 ? "github_unclear" : "github_error";
}

function isRateLimit(headers: GitHubFailure["headers"], message: string): boolean {
  return headers["retry-after"] !== undefined || headers["x-ratelimit-remaining"] === "0" ||
    /rate limit/i.test(message);
}
