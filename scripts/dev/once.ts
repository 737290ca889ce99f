/**
 * `npm start -- --once`: the main job through the same interfaces as the screen. Signs in, requests a
 * backup from the function, waits for the workflow, reads the history, restores into dev, compares dev with prod, runs the drill.
 */
import { Octokit } from "@octokit/rest";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { z } from "zod";
import { dispatchedSchema, failureSchema, FUNCTION_NAME } from "@backup/api.ts";
import { type BackupRow, backupRowSchema } from "@backup/vault/catalog.ts";
import { messageOf } from "@backup/messages.ts";
import { isActive, type Run, runSchema } from "@backup/runs/run.ts";
import { compareDatabases } from "./compare.ts";
import { REPOSITORY } from "./github_part.ts";
import { startStack } from "./stack.ts";
import type { Stack } from "./stack_types.ts";

export interface OnceOptions {
  rows?: number;
}

const RUN_LIMIT_MS = 15 * 60_000;
const DRILL_WORKFLOW = "db-backup-restore-drill.yml";

/** @returns the exit code: 0 only when every part of the printed summary is true. */
export async function runOnce(options: OnceOptions): Promise<number> {
  const started = performance.now();
  const seconds: Record<string, number> = {};
  const log = (line: string) =>
    process.stdout.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}\n`);
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await work();
    seconds[name] = Math.round((performance.now() - begun) / 100) / 10;
    return result;
  };

  const stack = await timed(
    "start",
    () => startStack({ rows: options.rows, ports: "free", web: "built", log }),
  );
  try {
    const client = await signIn(stack);
    const backup = await timed("backup", () => backUp(client, log));
    const restored = await timed("restore", () => restoreInto("dev", client, backup.r2_key, log));
    const comparison = await timed(
      "compare",
      () => compareDatabases(stack.databases.prod, stack.databases.dev),
    );
    // the copy is equal except for what its quarantine reported
    const checked = checkedIn(restored);
    const { quarantined } = checked;
    for (const { object, done } of quarantined) log(`quarantine: ${object} ${done}`);
    const differences = comparison.differences.filter((difference) =>
      !quarantined.some(({ object }) => difference.startsWith(`${object}: `))
    );
    const equal = differences.length === 0;
    for (const difference of differences.slice(0, 20)) log(`prod and dev differ: ${difference}`);
    const drilled = await timed("drill", () => drill(stack, backup.r2_key, client, log));
    seconds.total = Math.round((performance.now() - started) / 100) / 10;
    const ok = equal && drilled;
    const summary = {
      ok,
      backup: {
        r2_key: backup.r2_key,
        bytes: backup.bytes,
        raw_bytes: backup.raw_bytes,
        sha256: backup.sha256,
        tables: backup.tables_total,
        rows: backup.rows_total,
      },
      restore: { target: restored.target, ...checked, equal },
      drill: { ok: drilled },
      seconds,
    };
    await stack.stop();
    process.stdout.write(JSON.stringify(summary) + "\n");
    return ok ? 0 : 1;
  } catch (error) {
    await stack.stop();
    const message = error instanceof Error ? error.message : String(error);
    process.stdout.write(JSON.stringify({ ok: false, error: message, seconds }) + "\n");
    return 1;
  }
}

const checkedSchema = z.object({
  tables: z.number(),
  rows: z.number(),
  quarantined: z.array(z.object({ object: z.string(), done: z.string() })),
});

/** The restore's own counts and what its quarantine changed, before it committed. */
function checkedIn(run: Run): z.infer<typeof checkedSchema> {
  return checkedSchema.parse(run.result);
}

async function signIn(stack: Stack): Promise<SupabaseClient> {
  // realtime is not used, but the client requires a WebSocket, which Node before 22 does not have
  if (globalThis.WebSocket === undefined) Object.assign(globalThis, { WebSocket });
  const client = createClient(stack.urls.supabase, stack.keys.publishable, {
    auth: { persistSession: false },
  });
  const { error } = await client.auth.signInWithPassword(stack.users.admin);
  if (error) throw new Error(`the admin cannot sign in: ${error.message}`);
  return client;
}

async function backUp(client: SupabaseClient, log: (line: string) => void): Promise<BackupRow> {
  const run = await request(
    client,
    { action: "backup", target: "prod", mode: "full", label: "primeiro" },
    log,
  );
  const { data, error } = await client.rpc("ops_db_backups_list", { p_target: "prod", p_limit: 10 });
  if (error) throw new Error(`the history cannot be read: ${error.message}`);
  const row = z.array(backupRowSchema).parse(data).find(({ r2_key }) => r2_key === run.r2_key);
  if (!row) throw new Error(`the backup ${run.r2_key} is not in the history`);
  log(`in the history: ${row.r2_key}, ${row.bytes} bytes, ${row.rows_total} rows`);
  return row;
}

async function restoreInto(
  target: "dev",
  client: SupabaseClient,
  r2_key: string,
  log: (line: string) => void,
): Promise<Run> {
  return await request(client, { action: "restore", target, r2_key }, log);
}

/** Sends a request to the function and waits for the run's end. */
async function request(client: SupabaseClient, body: object, log: (line: string) => void): Promise<Run> {
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

async function waitForRun(
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

/** Starts the drill as a user on GitHub would; its result is the row of the run. */
async function drill(
  stack: Stack,
  r2_key: string,
  client: SupabaseClient,
  log: (line: string) => void,
): Promise<boolean> {
  const octokit = new Octokit({ baseUrl: stack.urls.github, auth: stack.github.token });
  const [owner = "", repo = ""] = REPOSITORY.split("/");
  const request_id = randomUUID();
  await octokit.rest.actions.createWorkflowDispatch({
    owner,
    repo,
    workflow_id: DRILL_WORKFLOW,
    ref: "main",
    inputs: { target: "prod", r2_key, request_id },
  });
  const run = await waitForRun(client, request_id, log);
  if (run.status !== "succeeded") log(`drill ${run.status}: ${run.error_message ?? ""}`);
  return run.status === "succeeded";
}
