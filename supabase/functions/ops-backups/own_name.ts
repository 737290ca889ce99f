/** Calls that the function makes with the platform's secret key instead of the caller's token. */
import { createClient } from "@supabase/supabase-js";
import { BackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import type { ServiceAccess } from "./env.ts";
import type { Refusal, RefusalLog, SilentRuns } from "./ports.ts";
import { timedFetch } from "./timed_fetch.ts";

/** Short, since the caller waits for it. */
const TIMEOUT_MS = 5_000;

/** @param access `null` where the platform provides no secret key: every call fails then. */
export function connectOwnName(
  access: ServiceAccess | null,
  fetchImpl: typeof fetch,
): RefusalLog & SilentRuns {
  const client = access && createClient(access.supabaseUrl, access.secretKey, {
    global: { fetch: timedFetch(fetchImpl, TIMEOUT_MS) },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  const call = async (name: string, args: Record<string, unknown>, code: ErrorCode) => {
    if (client === null) throw new BackupError(code, `Cannot call ${name}: the function has no secret key`);
    const { error } = await client.rpc(name, args);
    if (error) throw new BackupError(code, `Cannot call ${name}: ${error.message}`);
  };
  return {
    append: (refusal) => call("ops_db_backup_audit_append", { p: recordOf(refusal) }, "audit_unavailable"),
    giveUp: () => call("ops_db_backup_runs_expire", {}, "catalog_unavailable"),
  };
}

function recordOf({ caller, target, requestId, r2Key, code, detail }: Refusal) {
  return {
    event: "refusal",
    actor: caller?.email ?? null,
    actor_id: caller?.id ?? null,
    target,
    request_id: requestId,
    r2_key: r2Key,
    code,
    detail,
  };
}
