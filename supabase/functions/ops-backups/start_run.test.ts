import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import { createGitHub } from "./github.ts";
import { RequestError } from "./responses.ts";
import { startRun } from "./start_run.ts";
import {
  exampleConfig,
  examplePasses,
  MemoryDatabase,
  MemoryGitHub,
  NOW,
  R2_KEY,
  REQUEST_ID,
  runPage,
} from "./test_fakes.ts";

const BACKUP = {
  action: "backup",
  target: "prod",
  mode: "full",
  label: "antes",
  request_id: REQUEST_ID,
} as const;
const OTHER_ID = "33333333-3333-4333-8333-333333333333";

function world() {
  const database = new MemoryDatabase();
  const server = new MemoryGitHub();
  const slept: number[] = [];
  const deps = {
    database,
    github: createGitHub(exampleConfig(), { fetch: server.fetch, now: () => NOW }),
    newId: () => OTHER_ID,
    now: () => NOW,
    sleep: (ms: number) => Promise.resolve(void slept.push(ms)),
    passes: examplePasses(),
  };
  return { database, server, slept, deps };
}

Deno.test("startRun() writes the row, dispatches it and records the run", async () => {
  const { database, server, deps } = world();
  const started = await startRun({ ...BACKUP, reason: "migração" }, deps);
  assert.equal(started.run_url, runPage(7));
  assert.equal(started.run.github_run_id, 7);
  assert.deepEqual(database.calls, ["requestRun", "markDispatched"]);
  assert.equal(examplePasses().verify(started.run_pass?.token ?? "").may_cancel, true);
  assert.equal(database.rows.get(REQUEST_ID)?.run_url, runPage(7));
  assert.deepEqual(server.dispatches[0]?.body.inputs, {
    target: "prod",
    mode: "full",
    label: "antes",
    request_id: REQUEST_ID,
    reason: "migração",
  });
});

Deno.test("startRun() sends a restore its key and confirmation, and creates an id when the request has none", async () => {
  const { server, deps } = world();
  const started = await startRun({ action: "restore", target: "dev", r2_key: R2_KEY, confirm: null }, deps);
  assert.equal(started.kind, "restore");
  assert.equal(started.request_id, OTHER_ID);
  assert.deepEqual(server.dispatches[0]?.body.inputs, {
    target: "dev",
    r2_key: R2_KEY,
    confirm: "",
    request_id: OTHER_ID,
    reason: "",
  });
});

Deno.test("startRun() sends the confirmed source only where there is one: an older workflow has no such input", async () => {
  const { server, deps } = world();
  const order = { action: "restore", target: "prod", r2_key: R2_KEY, confirm: "RESTORE_PROD" } as const;
  await startRun({ ...order, confirm_source: "dev" }, deps);
  assert.equal(server.dispatches[0]?.body.inputs?.confirm_source, "dev");
});

Deno.test("startRun() sends the confirmation of an unsigned backup with a restore and its plan, and else not", async () => {
  for (const action of ["restore", "plan"] as const) {
    const { server, deps } = world();
    await startRun({ action, target: "dev", r2_key: R2_KEY, allow_unsigned: R2_KEY }, deps);
    assert.equal(server.dispatches[0]?.body.inputs.allow_unsigned, R2_KEY);
    const signed = world();
    await startRun({ action, target: "dev", r2_key: R2_KEY, allow_unsigned: null }, signed.deps);
    assert.ok(!("allow_unsigned" in (signed.server.dispatches[0]?.body.inputs ?? {})));
  }
});

Deno.test("startRun() sends whose privileges an archive without any gets, with a restore and its plan", async () => {
  for (const action of ["restore", "plan"] as const) {
    for (const [given, sent] of [[R2_KEY, R2_KEY], [null, undefined], ["none", "none"]] as const) {
      const { server, deps } = world();
      await startRun({ action, target: "dev", r2_key: R2_KEY, privileges_from: given }, deps);
      assert.equal(server.dispatches[0]?.body.inputs.privileges_from, sent);
    }
  }
});

Deno.test("startRun() sends that every session is to be ended", async () => {
  const { server, deps } = world();
  await startRun({ action: "restore", target: "dev", r2_key: R2_KEY, end_sessions: true }, deps);
  assert.equal(server.dispatches[0]?.body.inputs.end_sessions, "true");
});

Deno.test("startRun() returns a repeated request without a second dispatch", async () => {
  const { server, deps } = world();
  const [first, again] = [await startRun(BACKUP, deps), await startRun(BACKUP, deps)];
  assert.deepEqual(again, first);
  assert.equal(server.dispatches.length, 1);
});

Deno.test("startRun() dispatches nothing when the target is busy", async () => {
  const { server, deps } = world();
  await startRun(BACKUP, deps);
  await assert.rejects(startRun({ ...BACKUP, request_id: OTHER_ID }, deps), { code: "busy" });
  assert.equal(server.dispatches.length, 1);
});

Deno.test("startRun() fails the run that GitHub refused, and refuses it again when it is repeated", async () => {
  const { database, server, deps } = world();
  server.answerDispatch = () => Response.json({ message: "Bad credentials" }, { status: 401 });
  await assert.rejects(startRun(BACKUP, deps), {
    code: "github_bad_token",
    details: { request_id: REQUEST_ID },
  });
  assert.equal(database.rows.get(REQUEST_ID)?.status, "failed");
  assert.equal(database.rows.get(REQUEST_ID)?.error_code, "github_bad_token");
  await assert.rejects(startRun(BACKUP, deps), { code: "github_bad_token" });
  assert.equal(server.dispatches.length, 1);
});

Deno.test("startRun() keeps a run unknown, and its lock, after an unclear answer", async () => {
  const { database, server, deps } = world();
  server.answerDispatch = () => new Response(null, { status: 504 });
  await assert.rejects(startRun(BACKUP, deps), { code: "github_unclear" });
  assert.equal(database.rows.get(REQUEST_ID)?.status, "unknown");
  await assert.rejects(startRun({ ...BACKUP, request_id: OTHER_ID }, deps), { code: "busy" });
  assert.equal(server.dispatches.length, 1);
});

Deno.test("startRun() reports a refusal that could not be recorded", async () => {
  const { database, server, deps } = world();
  server.answerDispatch = () => Response.json({ message: "Not Found" }, { status: 404 });
  database.failures.set("markNotDispatched", new BackupError("catalog_unavailable", "down"));
  await assert.rejects(startRun(BACKUP, deps), (error) => {
    assert.ok(error instanceof RequestError);
    assert.equal(error.code, "github_not_found");
    assert.match(error.answer.sentence ?? "", /catalog_unavailable/);
    return true;
  });
});

Deno.test("startRun() finds the run that GitHub did not name once it is visible", async () => {
  const { database, server, slept, deps } = world();
  server.answerDispatch = () => {
    server.addRun(8, { display_title: `Backup prod · ${REQUEST_ID}` });
    server.addRun(9);
    return new Response(null, { status: 204 });
  };
  server.hiddenSearches = 3;
  const started = await startRun(BACKUP, deps);
  assert.equal(started.run_url, runPage(8));
  assert.equal(database.rows.get(REQUEST_ID)?.github_run_id, 8);
  assert.equal(slept.length, 4);
});

Deno.test("startRun() leaves the run queued when it stays invisible for about ten seconds", async () => {
  for (const broken of [false, true]) {
    const { database, server, slept, deps } = world();
    server.answerDispatch = () => new Response(null, { status: 204 });
    server.addRun(9);
    server.broken = broken;
    const started = await startRun(BACKUP, deps);
    assert.equal(started.run_url, null);
    assert.equal(database.rows.get(REQUEST_ID)?.status, "queued");
    const waited = slept.reduce((sum, ms) => sum + ms, 0);
    assert.ok(waited >= 9_000 && waited <= 11_000, `waited ${waited} ms`);
  }
});

Deno.test("startRun() does not report an accepted run as failed when the catalog cannot record it", async () => {
  const { database, deps } = world();
  database.failures.set("markDispatched", new BackupError("catalog_unavailable", "down"));
  const started = await startRun(BACKUP, deps);
  assert.equal(started.ok, true);
  assert.equal(started.run_url, runPage(7));
  assert.match(started.warnings?.[0] ?? "", /catalog_unavailable/);
});

Deno.test("startRun() sends a plan as the restore's dry run, and a drill with its key if it has one", async () => {
  const { server, deps } = world();
  const common = { target: "prod", r2_key: R2_KEY };
  const planned = await startRun({ action: "plan", target: "prod", r2_key: R2_KEY, reason: "ensaio" }, deps);
  assert.equal(planned.kind, "plan");
  assert.equal(server.dispatches[0]?.workflow, "db-restore-from-r2.yml");
  assert.deepEqual(server.dispatches[0]?.body.inputs, {
    ...common,
    plan: "true",
    reason: "ensaio",
    request_id: OTHER_ID,
  });
  const drilled = await startRun({ action: "drill", target: "prod", request_id: REQUEST_ID }, deps);
  assert.equal(drilled.kind, "drill");
  assert.equal(server.dispatches[1]?.workflow, "db-backup-restore-drill.yml");
  assert.deepEqual(server.dispatches[1]?.body.inputs, { ...common, r2_key: "", request_id: REQUEST_ID });
});
