/** The endpoint of the repository's secrets: their names, never their values. */
import { ok, page, type RestCall, type RestContext } from "./call.ts";
import type { Answer } from "./http.ts";

export function listSecrets({ site, actions }: RestContext, { query }: RestCall): Answer {
  const names = Object.keys(actions.settings.secrets).sort();
  const at = site.startedAt.toISOString();
  const secrets = page(names, query).map((name) => ({ name, created_at: at, updated_at: at }));
  return ok({ total_count: names.length, secrets });
}
