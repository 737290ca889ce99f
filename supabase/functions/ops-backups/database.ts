/** The catalog's RPCs, called with the caller's own token through PostgREST. */
import {
  AuthClient,
  type AuthError,
  createClient,
  isAuthRetryableFetchError,
  type SupabaseClient,
} from "@supabase/supabase-js";
import { z } from "zod";
import { type Report, reportSchema } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import { sealedSchema } from "@backup/look/seal.ts";
import type { ErrorCode } from "@backup/messages.ts";
import { type Run, runSchema } from "@backup/runs/run.ts";
import { type RpcFailure, toDatabaseError } from "./database_errors.ts";
import type { Config } from "./env.ts";
import type {
  Caller,
  CallerDatabase,
  KeptLook,
  LookResult,
  OpsRight,
  RunEnd,
  RunOrder,
  StoredPlace,
} from "./ports.ts";
import { RequestError } from "./responses.ts";
import { timedFetch } from "./timed_fetch.ts";

const TIMEOUT_MS = 10_000;
/** Claims of a signed-in user's token. */
const userClaims = z.object({
  role: z.literal("authenticated"),
  sub: z.guid(),
  email: z.string().optional(),
});
const requestAnswer = z.union([
  z.object({ created: z.boolean(), run: runSchema }),
  z.object({ run: z.null(), approval: z.object({ request_id: z.guid(), expires_at: z.string() }) }),
]);
const storedBackup = z.object({ r2_bucket: z.string(), r2_key: z.string() });
const keptLook = z.object({ created: z.boolean(), expires_at: z.string() });
const lookResult = z.object({
  state: z.enum(["waiting", "reading", "answered", "failed"]),
  sealed: sealedSchema.nullable(),
  error_code: z.string().nullable(),
});
/** An older catalog does not have `restore`. */
const actingRights = z.object({ manage: z.boolean(), restore: z.boolean().default(false) });

/** Clients of a project's two servers. They have no session: every call carries its own token. */
interface Project {
  auth: Pick<InstanceType<typeof AuthClient>, "getClaims">;
  rest: SupabaseClient;
}

/**
 * The database with the rights of a token's bearer. Callers share the clients and nothing else. `clientHeaders` are sent
 * with each call: Revo ERP's permission functions read the company from one of them.
 */
export function connectCallers(
  config: Config,
  fetchImpl: typeof fetch,
): (jwt: string, clientHeaders?: Record<string, string>) => CallerDatabase {
  const { supabaseUrl, publishableKey } = config;
  const fetch = timedFetch(fetchImpl, TIMEOUT_MS);
  const project: Project = {
    auth: new AuthClient({
      url: `${supabaseUrl}/auth/v1`,
      headers: { apikey: publishableKey },
      fetch,
      persistSession: false,
      autoRefreshToken: false,
      detectSessionInUrl: false,
    }),
    // a call without a token is anonymous
    rest: createClient(supabaseUrl, publishableKey, {
      accessToken: () => Promise.resolve(null),
      global: { fetch },
    }),
  };
  return (jwt, clientHeaders = {}) =>
    new SupabaseCallerDatabase(project, { ...clientHeaders, Authorization: `Bearer ${jwt}` }, jwt);
}

class SupabaseCallerDatabase implements CallerDatabase {
  readonly #project: Project;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #jwt: string;

  constructor(project: Project, headers: Readonly<Record<string, string>>, jwt: string) {
    this.#project = project;
    this.#headers = headers;
    this.#jwt = jwt;
  }

  async authenticate(): Promise<Caller> {
    const { data, error } = await this.#project.auth.getClaims(this.#jwt).catch(malformed);
    if (error) throw toIdentityError(error);
    const claims = userClaims.safeParse(data?.claims);
    if (!claims.success) {
      throw new RequestError("invalid_token", "Cannot accept a token that is not a signed-in user's");
    }
    return { id: claims.data.sub, email: claims.data.email ?? null };
  }

  async mayOps(action: OpsRight): Promise<boolean> {
    const may = await this.#callPermission("has_permission_for_current_user", {
      p_module: "ops",
      p_action: action,
    });
    return permissionAnswer(z.boolean(), may);
  }

  async mayAct(): Promise<boolean> {
    const { manage, restore } = permissionAnswer(
      actingRights,
      await this.#callPermission("ops_db_backup_permissions"),
    );
    return manage || restore;
  }

  async currentEmpresa(): Promise<string | null> {
    return permissionAnswer(z.string().nullable(), await this.#callPermission("current_empresa_id"));
  }

  async requestRun(order: RunOrder): Promise<{ created: boolean; run: Run }> {
    const data = await this.#call("ops_db_backup_run_request", {
      p_kind: order.kind,
      p_target: order.target,
      p_mode: order.mode,
      p_label: order.label,
      p_r2_key: order.r2Key,
      p_reason: order.reason,
      p_request_id: order.requestId,
      // omitted if absent: an older catalog does not have the parameter
      ...(order.planRequestId === null ? {} : { p_plan_request_id: order.planRequestId }),
      ...(Object.keys(order.options).length === 0 ? {} : { p_options: order.options }),
    });
    const answer = parsed(requestAnswer, data);
    if (answer.run !== null) return answer;
    throw new RequestError("approval_required", "Cannot start the restore before a second user approved it", {
      details: answer.approval,
    });
  }

  async markDispatched(requestId: string, githubRunId: number | null, runUrl: string | null): Promise<Run> {
    const data = await this.#call("ops_db_backup_run_dispatched", {
      p_request_id: requestId,
      p_github_run_id: githubRunId,
      p_run_url: runUrl,
    });
    return parsed(runSchema, data);
  }

  async markNotDispatched(id: string, code: ErrorCode, message: string, unclear: boolean): Promise<void> {
    await this.#call("ops_db_backup_run_not_dispatched", {
      p_request_id: id,
      p_error_code: code,
      p_error_message: message,
      p_unclear: unclear,
    });
  }

  async settleRun(requestId: string, end: RunEnd): Promise<Run> {
    const data = await this.#call("ops_db_backup_run_settle", {
      p_request_id: requestId,
      p_status: end.status,
      p_error_code: end.errorCode,
      p_error_message: end.errorMessage,
    });
    return parsed(runSchema, data);
  }

  async findRun(requestId: string): Promise<Run | null> {
    const rows = await this.#call("ops_db_backup_runs_list", { p_request_id: requestId });
    return parsed(z.array(runSchema), rows)[0] ?? null;
  }

  async recordDownload(r2Key: string, reason: string): Promise<StoredPlace> {
    const data = await this.#call("ops_db_backup_download", { p_r2_key: r2Key, p_reason: reason });
    const { r2_bucket, r2_key } = parsed(storedBackup, data);
    return { bucket: r2_bucket, key: r2_key };
  }

  async requestLook(look: KeptLook): Promise<{ created: boolean; expiresAt: string }> {
    const { created, expires_at } = parsed(
      keptLook,
      await this.#call("ops_db_backup_look_request", {
        p_request_id: look.requestId,
        p_r2_key: look.r2Key,
        p_reason: look.reason,
        p_sealed: look.sealed,
      }),
    );
    return { created, expiresAt: expires_at };
  }

  async takeLookAnswer(requestId: string): Promise<LookResult> {
    const data = await this.#call("ops_db_backup_look_answer", { p_request_id: requestId });
    const { state, sealed, error_code } = parsed(lookResult, data);
    return { state, sealed, errorCode: error_code };
  }

  async withdrawLook(requestId: string): Promise<boolean> {
    const data = await this.#call("ops_db_backup_look_withdraw", { p_request_id: requestId });
    return parsed(z.object({ withdrawn: z.boolean() }), data).withdrawn;
  }

  async listReports(): Promise<Report[]> {
    return parsed(z.array(reportSchema), await this.#call("ops_db_backup_reports_list"));
  }

  async #call(name: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const { data, error, status } = await this.#rpc(name, args);
    if (error) throw toDatabaseError(name, { ...error, status });
    return data;
  }

  /** Calls a permission function; a failure is `perm_check_failed`. */
  async #callPermission(name: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const { data, error, status } = await this.#rpc(name, args);
    if (error) throw toPermissionError(name, { ...error, status });
    return data;
  }

  #rpc(name: string, args: Record<string, unknown>) {
    const call = this.#project.rest.rpc(name, args);
    for (const [header, value] of Object.entries(this.#headers)) call.setHeader(header, value);
    return call;
  }
}

/** getClaims throws for a token that is not a JWT and returns every other failure. */
function malformed(cause: unknown): never {
  throw new RequestError("invalid_token", "Cannot read the token", {}, cause);
}

function toIdentityError(error: AuthError): BackupError {
  const unavailable = isAuthRetryableFetchError(error) || error.status === 429;
  return unavailable
    ? new RequestError(
      "catalog_unavailable",
      "Cannot check the token: the auth server did not answer",
      {},
      error,
    )
    : new RequestError("invalid_token", `Cannot accept the token: ${error.message}`, {}, error);
}

function toPermissionError(name: string, failure: RpcFailure): BackupError {
  const error = toDatabaseError(name, failure);
  if (error.code === "invalid_token") return error;
  return new RequestError("perm_check_failed", error.message, {}, error);
}

function permissionAnswer<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new RequestError("perm_check_failed", "The database gave no clear answer about the permission");
}

function parsed<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new BackupError("internal_server_error", "The catalog answered in a form that is not known", {
    cause: result.error,
  });
}
