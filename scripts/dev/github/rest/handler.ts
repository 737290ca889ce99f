/** From a request to its answer: what is open, whose token it is, which endpoint it means. */
import type { IncomingMessage } from "node:http";
import { includes, type Right, type Tokens } from "./access.ts";
import type { RestContext } from "./call.ts";
import { type Answer, HttpError, readJson } from "./http.ts";
import { runPageHtml } from "./page.ts";
import type { Site } from "./repository.ts";
import { type Route, ROUTES } from "./routes.ts";

/** The answer to a request, `null` when it is never to be answered. @throws what is a fault of ours. */
export async function answer(
  context: RestContext,
  tokens: Tokens,
  request: IncomingMessage,
): Promise<Answer | null> {
  const { pathname, searchParams } = new URL(request.url ?? "/", context.site.url);
  try {
    const open = answerOpen(context, pathname, searchParams, request.method ?? "");
    if (open !== null) return open;
    const right = requireToken(tokens, request);
    const fault = pathname.endsWith("/dispatches") ? undefined : context.faults.requests.shift();
    if (fault !== undefined) return fault;
    const { route, params } = findRoute(context.site, request.method ?? "", pathname);
    if (!includes(right, route.right)) {
      throw new HttpError(403, "Resource not accessible by personal access token");
    }
    const call = { params, query: searchParams, headers: request.headers, body: () => readJson(request) };
    return await route.handle(context, call);
  } catch (error) {
    if (error instanceof HttpError) return error.answer();
    throw error;
  }
}

/** What needs no token: a log behind its link, and the page of a run. */
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

function requireToken(tokens: Tokens, request: IncomingMessage): Right {
  const right = tokens.rightOf(request);
  if (right === undefined) throw new HttpError(401, "Requires authentication");
  if (right === null) throw new HttpError(401, "Bad credentials");
  return right;
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
