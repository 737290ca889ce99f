/**
 * `npm start -- --once`: the main job through the same interfaces as the screen. Signs in, requests a
 * backup from the function, waits for the workflow, reads the history, restores into dev, compares dev with prod, runs the drill.
 */
import { Octokit } from "@octokit/rest";
import type { SupabaseClient } from "@supabase/supabase-js";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { z } from "zod";
import type { Run } from "@backup/runs/run.ts";
import { backUp, request, signIn, waitForRun } from "./admin_client.ts";
import { compareDatabases } from "./compare.ts";
import { REPOSITORY } from "./github_part.ts";
import { startStack } from "./stack.ts";
import type { Stack } from "./stack_types.ts";

export interface OnceOptions {
  rows?: number;
}

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
    const backup = await timed("backup", () => backUp(client, "primeiro", log));
    const restored = await timed(
      "restore",
      () => request(client, { action: "restore", target: "dev", r2_key: backup.r2_key }, log),
    );
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
