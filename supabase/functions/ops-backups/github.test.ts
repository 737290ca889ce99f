import assert from "node:assert/strict";
import type { ErrorCode } from "@backup/messages.ts";
import { createGitHub } from "./github.ts";
import { RequestError } from "./responses.ts";
import { exampleConfig, MemoryGitHub, NOW, REQUEST_ID, runPage } from "./test_fakes.ts";

function connect(server: MemoryGitHub) {
  return createGitHub(exampleConfig(), { fetch: server.fetch, now: () => NOW });
}

Deno.test("dispatch() sends the inputs on the configured ref and returns the run", async () => {
  const server = new MemoryGitHub();
  const run = await connect(server).dispatch("restore", { target: "dev" });
  assert.deepEqual(run, { id: 7, url: runPage(7) });
  assert.deepEqual(server.dispatches, [{
    workflow: "db-restore-from-r2.yml",
    body: { ref: "main", inputs: { target: "dev" }, return_run_details: true },
    authorization: "token github_pat_example",
  }]);
});

Deno.test("dispatch() returns null when GitHub accepts without naming the run", async () => {
  for (const answer of [new Response(null, { status: 204 }), Response.json({}), new Response("ok")]) {
    const server = new MemoryGitHub();
    server.answerDispatch = () => answer;
    assert.equal(await connect(server).dispatch("backup", {}), null);
  }
});

function says(status: number, message: string, headers: Record<string, string> = {}): () => Response {
  return () => Response.json({ message, documentation_url: "https://docs.example" }, { status, headers });
}

/** Deno's messages for a failed fetch; newer ones are in the cause. */
function refusesWith(message: string, cause?: string): () => Promise<Response> {
  return () => Promise.reject(new TypeError(message, { cause: cause && new Error(cause) }));
}

const reset = String(NOW.getTime() / 1000 + 90);
const failures: [string, () => Response | Promise<Response>, ErrorCode, number?][] = [
  ["a bad token", says(401, "Bad credentials"), "github_bad_token"],
  ["a missing right", says(403, "Resource not accessible by personal access token"), "github_forbidden"],
  ["a rate limit with a wait", says(403, "slow down", { "retry-after": "42" }), "github_rate_limited", 42],
  [
    "a rate limit with a reset",
    says(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }),
    "github_rate_limited",
    90,
  ],
  ["too many requests", says(429, "Too many"), "github_rate_limited", 60],
  ["no such workflow", says(404, "Not Found"), "github_not_found"],
  ["no such ref", says(422, "No ref found for: main"), "github_ref_not_found"],
  ["an unexpected input", says(422, 'Unexpected inputs provided: ["reason"]'), "github_unexpected_input"],
  ["a missing input", says(422, "Required input 'target' not provided"), "github_unexpected_input"],
  [
    "a value that is no option",
    says(422, "Provided value 'x' for input 'target' not in the list of allowed values"),
    "github_unexpected_input",
  ],
  ["no trigger", says(422, "Workflow does not have 'workflow_dispatch' trigger"), "github_unexpected_input"],
  [
    "a disabled workflow",
    says(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"),
    "github_workflow_disabled",
  ],
  ["another refusal", says(422, "Something else"), "github_error"],
  ["an inner error", says(500, "Server Error"), "github_unclear"],
  ["a bad gateway", () => new Response("<html>", { status: 502 }), "github_unclear"],
  ["a time-out", () => Promise.reject(new DOMException("timed out", "TimeoutError")), "github_unclear"],
  ["an aborted call", () => Promise.reject(new DOMException("aborted", "AbortError")), "github_unclear"],
  [
    "a host that is not there",
    refusesWith("error sending request for url (https://x/): client error (Connect)"),
    "github_error",
  ],
  [
    "a port that is closed",
    refusesWith("fetch failed", "client error (Connect): tcp connect error"),
    "github_error",
  ],
  [
    "an answer cut off",
    refusesWith("fetch failed", "client error (SendRequest): connection closed"),
    "github_unclear",
  ],
];

for (const [what, answer, code, wait] of failures) {
  Deno.test(`dispatch() fails with ${what}, without a retry`, async () => {
    const server = new MemoryGitHub();
    server.answerDispatch = answer;
    await assert.rejects(connect(server).dispatch("backup", {}), (error) => {
      assert.ok(error instanceof RequestError);
      assert.equal(error.code, code);
      assert.equal(error.answer.retryAfter, wait);
      return true;
    });
    assert.equal(server.dispatches.length, 1);
  });
}

Deno.test("findByRequestId() finds the run by its name, not the newest", async () => {
  const server = new MemoryGitHub();
  server.addRun(1, { display_title: `Backup prod ${REQUEST_ID.toUpperCase()}` });
  server.addRun(2);
  const found = await connect(server).findByRequestId("backup", REQUEST_ID, NOW);
  assert.equal(found?.id, 1);
  server.runs.pop();
  assert.equal(await connect(server).findByRequestId("backup", REQUEST_ID, NOW), null);
});

Deno.test("readRun() returns null for a run that GitHub does not know, and fails when GitHub fails", async () => {
  const server = new MemoryGitHub();
  server.addRun(5, { status: "completed", conclusion: "failure" });
  const github = connect(server);
  assert.equal((await github.readRun(5))?.conclusion, "failure");
  assert.equal(await github.readRun(6), null);
  server.broken = true;
  await assert.rejects(github.readRun(5), { code: "github_error" });
});

Deno.test("readSteps() joins the steps of all jobs in one list", async () => {
  const server = new MemoryGitHub();
  server.addRun(5);
  server.steps = [{ name: "Dump", status: "completed", conclusion: "success" }];
  assert.deepEqual(await connect(server).readSteps(5), server.steps);
});
