import assert from "node:assert/strict";
import type { Run } from "@backup/runs/run.ts";
import { createGitHub } from "./github.ts";
import {
  exampleConfig,
  examplePasses,
  exampleRun,
  MemoryGitHub,
  NOW,
  REQUEST_ID,
  runPage,
} from "./test_fakes.ts";
import { answerWithPass } from "./with_pass.ts";

const OTHER_ID = "7f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11";
const STEPS = [{ name: "Restaurar", status: "in_progress", conclusion: null }];

function world(run: Partial<Run> = { kind: "restore", github_run_id: 8 }, mayCancel = true) {
  const server = new MemoryGitHub();
  server.steps = STEPS;
  const slept: number[] = [];
  const passes = examplePasses();
  const { token } = passes.issue(exampleRun(run), mayCancel);
  const deps = {
    passes,
    github: createGitHub(exampleConfig(), { fetch: server.fetch, now: () => NOW }),
    sleep: (ms: number) => Promise.resolve(void slept.push(ms)),
  };
  const ask = (body: object, pass = token) =>
    answerWithPass(
      new Request("https://functions.example/ops-backups", {
        method: "POST",
        headers: { "x-revo-run-pass": pass },
        body: JSON.stringify({ request_id: REQUEST_ID, ...body }),
      }),
      deps,
    );
  return { server, slept, ask };
}

Deno.test("a pass reads GitHub's steps of its run, found by the request id where GitHub's id is not known", async () => {
  const { server, ask } = world();
  server.addRun(8);
  const github = {
    known: true,
    run_id: 8,
    run_url: runPage(8),
    status: "in_progress",
    conclusion: null,
    failed_step: null,
    steps: STEPS,
  };
  const expected = { ok: true, kind: "github", request_id: REQUEST_ID, cancel: null, github };
  assert.deepEqual(await ask({ action: "status" }), expected);
  const unnamed = world({ kind: "restore" });
  assert.deepEqual((await unnamed.ask({ action: "status" })).github, { known: false });
  unnamed.server.addRun(8, { display_title: `Restauração prod ${REQUEST_ID}` });
  assert.deepEqual(await unnamed.ask({ action: "status" }), expected);
});

Deno.test("a pass's status has GitHub's failure as part of its answer", async () => {
  const { server, ask } = world();
  server.broken = true;
  assert.deepEqual((await ask({ action: "status" })).github, { error: "github_error" });
});

Deno.test("a pass cancels its run and answers with GitHub's end of it", async () => {
  const { server, slept, ask } = world();
  server.addRun(8);
  server.answerCancel = (id) => {
    Object.assign(server.runs[0] ?? {}, { status: "completed", conclusion: "cancelled" });
    return Response.json({}, { status: id === 8 ? 202 : 404 });
  };
  const { cancel, github } = await ask({ action: "cancel" });
  assert.equal(cancel, "requested");
  assert.ok("known" in github && github.known && github.conclusion === "cancelled");
  assert.deepEqual([server.cancelled, slept], [[8], []]);
});

Deno.test("a pass's cancellation says when the run is still under way, had ended, or is not at GitHub", async () => {
  const { server, slept, ask } = world();
  assert.equal((await ask({ action: "cancel" })).cancel, "not_found");
  assert.deepEqual(server.cancelled, []);
  server.addRun(8);
  const { cancel, github } = await ask({ action: "cancel" });
  assert.equal(cancel, "requested");
  assert.ok("known" in github && github.known && github.status === "in_progress");
  assert.ok(slept.reduce((sum, ms) => sum + ms, 0) <= 10_000);
  server.answerCancel = () => Response.json({ message: "Cannot cancel" }, { status: 409 });
  assert.equal((await ask({ action: "cancel" })).cancel, "ended");
  server.answerCancel = () => Response.json({ message: "Resource not accessible" }, { status: 403 });
  await assert.rejects(ask({ action: "cancel" }), { code: "github_forbidden" });
});

Deno.test("a pass permits nothing but its run, and no cancellation to callers without ops:manage", async () => {
  const { server, ask } = world({ kind: "restore", github_run_id: 8 }, false);
  server.addRun(8);
  await assert.rejects(ask({ action: "cancel" }), { code: "forbidden" });
  await assert.rejects(ask({ action: "status", request_id: OTHER_ID }), { code: "run_pass_invalid" });
  await assert.rejects(ask({ action: "backup", target: "prod" }), { code: "invalid_action" });
  await assert.rejects(ask({ action: "status" }, "x.y"), { code: "run_pass_invalid" });
  assert.deepEqual(server.cancelled, []);
});
