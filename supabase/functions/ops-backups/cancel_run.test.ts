import assert from "node:assert/strict";
import type { Run } from "@backup/runs/run.ts";
import { SETTLE_AFTER_SILENCE_MS } from "@backup/service_levels.ts";
import { cancelRun } from "./cancel_run.ts";
import { createGitHub } from "./github.ts";
import {
  exampleConfig,
  examplePasses,
  exampleRun,
  MemoryDatabase,
  MemoryGitHub,
  MemorySilentRuns,
  NOW,
  REQUEST_ID,
} from "./test_fakes.ts";

const CANCEL = { action: "cancel", request_id: REQUEST_ID } as const;

function world(run: Partial<Run> = {}) {
  const database = new MemoryDatabase();
  database.rows.set(REQUEST_ID, exampleRun(run));
  const server = new MemoryGitHub();
  const slept: number[] = [];
  const deps = {
    database,
    github: createGitHub(exampleConfig(), { fetch: server.fetch, now: () => NOW }),
    silentRuns: new MemorySilentRuns(database),
    now: () => NOW,
    logFailure: (error: unknown) => assert.fail(String(error)),
    passes: examplePasses(),
    sleep: (ms: number) => Promise.resolve(void slept.push(ms)),
  };
  /** How the script reacts when GitHub interrupts it. */
  const reports = (changes: Partial<Run>) => {
    const { answerCancel } = server;
    server.answerCancel = (id) => {
      database.rows.set(REQUEST_ID, exampleRun({ ...run, ...changes }));
      return answerCancel(id);
    };
  };
  return { database, server, slept, deps, reports };
}

Deno.test("cancelRun() cancels a run that has not begun, also at GitHub once it is visible there", async () => {
  const { server, deps } = world();
  server.addRun(8, { display_title: `Backup prod ${REQUEST_ID}` });
  server.addRun(9);
  const { run, warnings } = await cancelRun(CANCEL, deps);
  assert.deepEqual([run.status, run.error_code, warnings], ["cancelled", "run_cancelled", undefined]);
  assert.deepEqual(server.cancelled, [8]);
});

Deno.test("cancelRun() ends a run that GitHub does not show yet: its script will be refused", async () => {
  const { server, deps } = world({ status: "unknown" });
  const { run } = await cancelRun(CANCEL, deps);
  assert.equal(run.status, "cancelled");
  assert.deepEqual(server.cancelled, []);
});

Deno.test("cancelRun() warns when GitHub did not cancel a run whose row has ended", async () => {
  const { server, deps } = world({ github_run_id: 8 });
  server.answerCancel = () => Response.json({ message: "Server Error" }, { status: 502 });
  const { run, warnings } = await cancelRun(CANCEL, deps);
  assert.equal(run.status, "cancelled");
  assert.match(warnings?.[0] ?? "", /github_unclear/);
});

Deno.test("cancelRun() interrupts a script and returns what it reported", async () => {
  const { server, slept, deps, reports } = world({ status: "running", phase: "dump", github_run_id: 8 });
  reports({ status: "cancelled", error_code: "run_cancelled" });
  const { run } = await cancelRun(CANCEL, deps);
  assert.equal(run.status, "cancelled");
  assert.deepEqual(server.cancelled, [8]);
  assert.equal(slept.length, 1);
});

Deno.test("cancelRun() returns a run that is still rolling back", async () => {
  const { slept, deps } = world({ status: "running", phase: "load", github_run_id: 8 });
  const { run } = await cancelRun(CANCEL, deps);
  assert.equal(run.status, "running");
  assert.ok(slept.reduce((sum, ms) => sum + ms, 0) <= 8_000);
});

Deno.test("cancelRun() refuses a run that became permanent during the call", async () => {
  const { deps, reports } = world({ status: "running", phase: "check", github_run_id: 8 });
  reports({ status: "succeeded" });
  await assert.rejects(cancelRun(CANCEL, deps), {
    code: "not_cancellable",
    details: { why: "ended", status: "succeeded", phase: "check" },
  });
});

Deno.test("cancelRun() settles a silent run that GitHub has ended already", async () => {
  const heartbeat_at = new Date(NOW.getTime() - SETTLE_AFTER_SILENCE_MS - 1).toISOString();
  const { server, deps } = world({ status: "running", phase: "dump", github_run_id: 8, heartbeat_at });
  server.addRun(8, { status: "completed", conclusion: "cancelled", updated_at: "2026-11-24T10:00:00Z" });
  const conflict = { message: "Cannot cancel a workflow run that is completed." };
  server.answerCancel = () => Response.json(conflict, { status: 409 });
  const { run } = await cancelRun(CANCEL, deps);
  assert.equal(run.status, "cancelled");
});

Deno.test("cancelRun() fails when GitHub refuses", async () => {
  const { server, deps } = world({ status: "running", phase: "dump", github_run_id: 8 });
  server.answerCancel = () => Response.json({ message: "Resource not accessible" }, { status: 403 });
  await assert.rejects(cancelRun(CANCEL, deps), { code: "github_forbidden" });
});

const refused: [string, Partial<Run>, string][] = [
  [
    "a restore that commits",
    { kind: "restore", status: "running", phase: "commit", github_run_id: 8 },
    "committed",
  ],
  ["a backup that stands", { status: "running", phase: "catalog", github_run_id: 8 }, "committed"],
  [
    "a retention that deletes",
    { kind: "prune", status: "running", phase: "x", github_run_id: 8 },
    "committed",
  ],
  ["a run of somebody's machine", { status: "running", phase: "dump" }, "not_a_run_of_github"],
  ["a run that has ended", { status: "failed", github_run_id: 8 }, "ended"],
];

for (const [what, run, why] of refused) {
  Deno.test(`cancelRun() refuses ${what} and changes nothing`, async () => {
    const { database, server, deps } = world(run);
    await assert.rejects(cancelRun(CANCEL, deps), (error) => {
      assert.ok(error instanceof Error && "code" in error && "details" in error);
      assert.equal(error.code, "not_cancellable");
      assert.equal(Object(error.details).why, why);
      return true;
    });
    assert.deepEqual(server.cancelled, []);
    assert.deepEqual(database.calls, ["findRun"]);
  });
}
