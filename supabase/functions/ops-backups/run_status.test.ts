import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import type { Run } from "@backup/runs/run.ts";
import { createGitHub } from "./github.ts";
import { readStatus } from "./run_status.ts";
import {
  exampleConfig,
  examplePasses,
  exampleRun,
  MemoryDatabase,
  MemoryGitHub,
  MemorySilentRuns,
  NOW,
  REQUEST_ID,
  runPage,
} from "./test_fakes.ts";

const ASKED = { action: "status", request_id: REQUEST_ID } as const;
const LONG_AGO = "2026-11-24T10:00:00Z";

function world(run: Partial<Run> = {}) {
  const database = new MemoryDatabase();
  database.rows.set(REQUEST_ID, exampleRun({ created_at: LONG_AGO, ...run }));
  const server = new MemoryGitHub();
  const github = createGitHub(exampleConfig(), { fetch: server.fetch, now: () => NOW });
  const silentRuns = new MemorySilentRuns(database);
  const logged: BackupError[] = [];
  const logFailure = (error: BackupError) => void logged.push(error);
  const deps = { database, github, silentRuns, now: () => NOW, logFailure, passes: examplePasses() };
  return { database, server, silentRuns, logged, deps };
}

Deno.test("readStatus() refuses an unknown request id", async () => {
  const { database, deps } = world();
  database.rows.clear();
  await assert.rejects(readStatus(ASKED, deps), { code: "run_not_found" });
});

Deno.test("readStatus() does not call GitHub for a run that has ended", async () => {
  const { server, deps } = world({ status: "succeeded", github_run_id: 5 });
  server.broken = true;
  const answer = await readStatus(ASKED, deps);
  assert.equal(answer.github, null);
  assert.equal(answer.run.status, "succeeded");
});

Deno.test("readStatus() returns GitHub's steps of an active run and changes nothing", async () => {
  const alive = { heartbeat_at: NOW.toISOString() };
  const { database, server, deps } = world({ status: "running", github_run_id: 5, ...alive });
  server.addRun(5);
  server.steps = [{ name: "Dump", status: "in_progress", conclusion: null }];
  const { github, run_pass } = await readStatus(ASKED, deps);
  assert.equal(examplePasses().verify(run_pass?.token ?? "").may_cancel, false);
  assert.deepEqual(github, {
    known: true,
    run_id: 5,
    run_url: runPage(5),
    status: "in_progress",
    conclusion: null,
    failed_step: null,
    steps: server.steps,
  });
  assert.deepEqual(database.calls, ["findRun"]);
});

Deno.test("readStatus() returns the run that GitHub did not name at first", async () => {
  const { database, server, deps } = world({ status: "unknown" });
  server.addRun(5, { display_title: `Backup ${REQUEST_ID}` });
  server.addRun(6);
  const { run } = await readStatus(ASKED, deps);
  assert.equal(run.github_run_id, 5);
  assert.equal(database.rows.get(REQUEST_ID)?.run_url, runPage(5));
});

Deno.test("readStatus() finds a run although GitHub's clock is half a minute behind", async () => {
  const { server, deps } = world({ status: "unknown" });
  server.addRun(5, { display_title: `Backup ${REQUEST_ID}`, created_at: "2026-11-24T09:59:30Z" });
  assert.equal((await readStatus(ASKED, deps)).run.github_run_id, 5);
});

Deno.test("readStatus() ends a run whose script died, with the step that failed", async () => {
  const { server, deps } = world({ status: "running", github_run_id: 5 });
  server.addRun(5, { status: "completed", conclusion: "failure", updated_at: LONG_AGO });
  server.steps = [
    { name: "Set up", status: "completed", conclusion: "success" },
    { name: "Dump", status: "completed", conclusion: "failure" },
  ];
  const { run, github } = await readStatus(ASKED, deps);
  assert.equal(run.status, "failed");
  assert.equal(run.error_code, "workflow_failed");
  assert.match(run.error_message ?? "", /Dump/);
  assert.ok(github !== null && "known" in github && github.known && github.failed_step === "Dump");
});

Deno.test("readStatus() expires silent runs also for a viewer without the right to settle", async () => {
  const { database, server, deps } = world({ status: "running", github_run_id: 5 });
  database.rights.delete("manage");
  server.addRun(5, { status: "completed", conclusion: "cancelled", updated_at: LONG_AGO });
  const { run, github } = await readStatus(ASKED, deps);
  assert.equal(run.status, "lost");
  assert.ok(github !== null && "known" in github && github.known && github.conclusion === "cancelled");
  assert.deepEqual(database.calls, ["findRun", "mayAct", "findRun"]);
});

Deno.test("readStatus() shows a run to an admin who is no operator, and settles nothing by that right", async () => {
  const { database, server, deps } = world({ status: "running", github_run_id: 5 });
  database.isOperator = false;
  server.addRun(5, { status: "completed", conclusion: "failure", updated_at: LONG_AGO });
  assert.equal((await readStatus(ASKED, deps)).run.status, "lost");
  assert.ok(!database.calls.includes("settleRun"));
});

Deno.test("readStatus() returns the row to a viewer when a silent run cannot be given up, and logs the reason", async () => {
  const { database, silentRuns, logged, deps } = world({ status: "running", github_run_id: 5 });
  database.rights.delete("manage");
  silentRuns.failure = new BackupError("catalog_unavailable", "no secret key");
  assert.equal((await readStatus(ASKED, deps)).run.status, "running");
  assert.deepEqual(logged, [silentRuns.failure]);
});

Deno.test("readStatus() gives up a run that GitHub does not know after a long silence", async () => {
  const { deps } = world({ status: "queued" });
  const { run, github } = await readStatus(ASKED, deps);
  assert.equal(run.status, "lost");
  assert.deepEqual(github, { known: false });
});

Deno.test("readStatus() returns the row and GitHub's failure when GitHub does not reply", async () => {
  const { database, server, deps } = world({ status: "running", github_run_id: 5 });
  server.broken = true;
  const { run, github } = await readStatus(ASKED, deps);
  assert.equal(run.status, "running");
  assert.deepEqual(github, { error: "github_error" });
  assert.deepEqual(database.calls, ["findRun"]);
});

Deno.test("readStatus() fails when the catalog fails", async () => {
  const { database, server, deps } = world({ status: "running", github_run_id: 5 });
  server.addRun(5, { status: "completed", conclusion: "failure", updated_at: LONG_AGO });
  database.failures.set("settleRun", new BackupError("catalog_unavailable", "down"));
  await assert.rejects(readStatus(ASKED, deps), { code: "catalog_unavailable" });
});
