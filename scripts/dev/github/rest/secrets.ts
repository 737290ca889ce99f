/** The endpoints of the repository's and its environments' secrets: their names, never their values. */
import { ok, page, type RestCall, type RestContext } from "./call.ts";
import { type Answer, HttpError } from "./http.ts";

export function listSecrets(context: RestContext, { query }: RestCall): Answer {
  return list(context, context.actions.settings.secrets, query);
}

export function listEnvironmentSecrets(
  context: RestContext,
  { params: [name = ""], query }: RestCall,
): Answer {
  const secrets = context.actions.settings.environments[name];
  if (secrets === undefined) throw new HttpError(404, "Not Found");
  return list(context, secrets, query);
}

function list(
  { site }: RestContext,
  secrets: Readonly<Record<string, string>>,
  query: URLSearchParams,
): Answer {
  const names = Object.keys(secrets).sort();
  const at = site.startedAt.toISOString();
  const listed = page(names, query).map((name) => ({ name, created_at: at, updated_at: at }));
  return ok({ total_count: names.length, secrets: listed });
}
