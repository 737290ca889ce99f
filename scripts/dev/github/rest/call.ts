/** A parsed request to the REST API, and what its handlers share. */
import type { ActionsService } from "../actions.ts";
import type { Faults } from "../faults.ts";
import type { IssueTracker } from "../issues.ts";
import type { Site } from "./repository.ts";
import type { Answer } from "./http.ts";
import type { LogLinks } from "./logs.ts";

export interface RestContext {
  site: Site;
  actions: ActionsService;
  issues: IssueTracker;
  faults: Faults;
  logs: LogLinks;
}

/** One parsed request. */
export interface RestCall {
  /** The variable parts of the path, in order. */
  params: readonly string[];
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body(): Promise<unknown>;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** The page of a list that `per_page` and `page` request. */
export function page<T>(all: readonly T[], query: URLSearchParams): T[] {
  const size = Math.min(Math.max(Number(query.get("per_page") ?? 30) || 30, 1), 100);
  const number = Math.max(Number(query.get("page") ?? 1) || 1, 1);
  return all.slice((number - 1) * size, number * size);
}
