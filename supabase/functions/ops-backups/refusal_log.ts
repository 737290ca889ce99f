/** The audit's record of a refused request, written with the service key: the only thing it is used for. */
import { createClient } from "@supabase/supabase-js";
import { BackupError } from "../_shared/backup/errors.ts";
import type { AuditAccess } from "./env.ts";
import type { Refusal, RefusalLog } from "./ports.ts";

/** The refused caller waits for it, so it is short. */
const TIMEOUT_MS = 5_000;

/** @param access `null` where the platform gave no secret key: every append fails then. */
export function connectRefusalLog(access: AuditAccess | null, fetchImpl: typeof fetch): RefusalLog {
  if (access === null) {
    return { append: () => Promise.reject(unavailable("the function has no secret key")) };
  }
  const client = createClient(access.supabaseUrl, access.secretKey, {
    global: {
      fetch: (input, init) => fetchImpl(input, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  return {
    async append(refusal) {
      const { error } = await client.rpc("ops_db_backup_audit_append", { p: recordOf(refusal) });
      if (error) throw unavailable(error.message);
    },
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

function unavailable(why: string): BackupError {
  return new BackupError("audit_unavailable", `Cannot keep the refusal: ${why}`);
}
