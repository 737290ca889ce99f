/** Routes a request: open paths, authorization, endpoint. */
import type { IncomingMessage } from "node:http";
import { type Bearer, includes, type Tokens } from "./access.ts";
import type { RestContext } from "./call.ts";
import { type Answer, HttpError, readJson } from "./http.ts";
import { runPageHtml } from "./page.ts";
import type { Site } from "./repository.ts";
import { type Route, ROUTES } from "./routes.ts";

/** The response to a request, `null` if it is never answered. @throws internal errors. */
export async function answer(
  context: RestContext,
  tokens: Tokens,
  request: IncomingMessage,
): Promise<Answer | null> {
  const { pathname, searchParams } = new URL(request.url ?? "/", context.site.url);
  try {
    const open = answerOpen(context, pathname, searchParams, request.method ?? "");
    if (open !== null) return open;
    const { rights, expires } = requireToken(tokens, request);
    const fault = pathname.endsWith("/dispatches") ? undefined : context.faults.requests.shift();
    if (fault !== undefined) return fault;
    const { route, params } = findRoute(context.site, request.method ?? "", pathname);
    if (!includes(rights[route.area], route.right)) {
      throw new HttpError(403, "Resource not accessible by personal access token");
    }
    const call = { params, query: searchParams, headers: request.headers, body: () => readJson(request) };
    const answer = await route.handle(context, call);
    if (answer === null || expires === null) return answer;
    return { ...answer, headers: { ...answer.headers, "github-authentication-token-expiration": expires } };
  } catch (error) {
    if (error instanceof HttpError) return error.answer();
    throw error;
  }
}

/** Paths that need no token: a log behind its link, and the page of a run. */
function answerOpen(
  context: RestContext,
  path: string,
  query: URLSearchParams,
  method: string,
): Answer | null {
  if (method !== "GET") return null;
  const log = context.logs.answer(path, query);
  if (log !== null) return log;
  const base = `/${context.site.repository}/actions/runs/`;
  const [, id] = /^(\d+)(?:\/job\/\d+)?$/.exec(path.startsWith(base) ? path.slice(base.length) : "") ?? [];
  if (id === undefined) return null;
  const run = context.actions.store.run(Number(id));
  if (run === null) throw new HttpError(404, "Not Found");
  const headers = { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'" };
  return { status: 200, content: { type: "text/html; charset=utf-8", data: runPageHtml(run) }, headers };
}

function requireToken(tokens: Tokens, request: IncomingMessage): Bearer {
  const bearer = tokens.bearerOf(request);
  if (bearer === undefined) throw new HttpError(401, "Requires authentication");
  if (bearer === null) throw new HttpError(401, "Bad credentials");
  return bearer;
}

function findRoute(site: Site, method: string, path: string): { route: Route; params: string[] } {
  const base = `/repos/${site.repository}`.toLowerCase();
  const inside = path.toLowerCase().startsWith(base) ? path.slice(base.length) : null;
  for (const route of ROUTES) {
    const match = route.path.exec(route.scope === "site" ? path : inside ?? "\0");
    if (match !== null && route.method === method) {
      return { route, params: match.slice(1).map(decodeURIComponent) };
    }
  }
  throw new HttpError(404, "Not Found");
}
