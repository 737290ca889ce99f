/** Requests of the stack's admin through the same interfaces as the screen. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { z } from "zod";
import { dispatchedSchema, failureSchema, FUNCTION_NAME } from "@backup/api.ts";
import { messageOf } from "@backup/messages.ts";
import { isActive, type Run, runSchema } from "@backup/runs/run.ts";
import { type BackupRow, backupRowSchema } from "@backup/vault/catalog.ts";
import type { Stack } from "./stack_types.ts";

const RUN_LIMIT_MS = 15 * 60_000;

/** The admin of the stack, signed in. @throws {Error} when the auth server refuses. */
export async function signIn(stack: Stack): Promise<SupabaseClient> {
  // realtime is not used, but the client requires a WebSocket, which Node before 22 does not have
  if (globalThis.WebSocket === undefined) Object.assign(globalThis, { WebSocket });
  const client = createClient(stack.urls.supabase, stack.keys.publishable, {
    auth: { persistSession: false },
  });
  const { error } = await client.auth.signInWithPassword(stack.users.admin);
  if (error) throw new Error(`the admin cannot sign in: ${error.message}`);
  return client;
}

/** Makes a backup of prod and reads it in the history. @throws {Error} when it is not there. */
export async function backUp(
  client: SupabaseClient,
  label: string,
  log: (line: string) => void,
): Promise<BackupRow> {
  const run = await request(client, { action: "backup", target: "prod", mode: "full", label }, log);
  const { data, error } = await client.rpc("ops_db_backups_list", { p_target: "prod", p_limit: 10 });
  if (error) throw new Error(`the history cannot be read: ${error.message}`);
  const row = z.array(backupRowSchema).parse(data).find(({ r2_key }) => r2_key === run.r2_key);
  if (!row) throw new Error(`the backup ${run.r2_key} is not in the history`);
  log(`in the history: ${row.r2_key}, ${row.bytes} bytes, ${row.rows_total} rows`);
  return row;
}

/** Sends a request to the function and waits for the run's end. @throws {Error} unless it succeeds. */
export async function request(
  client: SupabaseClient,
  body: object,
  log: (line: string) => void,
): Promise<Run> {
  const request_id = randomUUID();
  const { data, error } = await client.functions.invoke(FUNCTION_NAME, { body: { ...body, request_id } });
  if (error) throw new Error(`the function refused: ${await explainRefusal(error)}`);
  const { kind, run_url } = dispatchedSchema.parse(data);
  log(`${kind} requested: ${run_url ?? "GitHub has not shown the run yet"}`);
  const run = await waitForRun(client, request_id, log);
  if (run.status !== "succeeded") {
    throw new Error(
      `${kind} ${run.status}: ${messageOf(run.error_code ?? "")} (${run.error_message ?? "no detail"})`,
    );
  }
  return run;
}

async function explainRefusal(error: { message: string; context?: unknown }): Promise<string> {
  if (!(error.context instanceof Response)) return error.message;
  const failure = failureSchema.safeParse(await error.context.json());
  return failure.success ? `${failure.data.error}: ${failure.data.message}` : error.message;
}

/** @throws {Error} when it does not end in time. */
export async function waitForRun(
  client: SupabaseClient,
  requestId: string,
  log: (line: string) => void,
): Promise<Run> {
  const deadline = performance.now() + RUN_LIMIT_MS;
  let shown = "";
  while (performance.now() < deadline) {
    const { data, error } = await client.rpc("ops_db_backup_runs_list", { p_request_id: requestId });
    // a restore of prod may lock the tables for a moment: retried
    const run = error ? undefined : z.array(runSchema).parse(data)[0];
    const state = run
      ? `${run.kind} ${run.status}${run.phase ? `, ${run.phase}` : ""}`
      : "no answer from the history";
    if (state !== shown) log(shown = state);
    if (run && !isActive(run.status)) return run;
    await sleep(500);
  }
  throw new Error(`the run ${requestId} did not end within ${RUN_LIMIT_MS / 60_000} minutes`);
}
