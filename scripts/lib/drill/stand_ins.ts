/** What the drill's server has in place of the platform's, so that more of a backup can be restored there. */
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { NotProven } from "@backup/vault/receipt.ts";
import type { SqlSession } from "../postgres/sql_session.ts";

/** The function of every trigger that Database Webhooks makes. */
const WEBHOOK = "supabase_functions.http_request()";

/** Creates a webhook's function that does nothing, where the server has none. @param session of the superuser */
export async function makeStandIns(session: SqlSession): Promise<void> {
  const exists = await session.value(
    "select to_json(to_regproc('supabase_functions.http_request') is not null);",
  );
  if (exists === true) return;
  await session.run(
    `create schema if not exists supabase_functions;
     grant usage on schema supabase_functions to public;
     create function ${WEBHOOK} returns trigger language plpgsql as $$ begin return new; end $$;`,
  );
}

/** What a drill with the stand-ins does not prove of this backup. */
export function ofStandIns(manifest: AnyManifest | null): NotProven[] {
  const warnings = manifest && isProving(manifest) ? manifest.warnings ?? [] : [];
  return warnings.some(({ kind, detail }) => kind === "needs_platform" && detail === WEBHOOK)
    ? [{
      name: WEBHOOK,
      why:
        "a function that does nothing stood in for it: a new project needs Database Webhooks before a restore",
    }]
    : [];
}
