import assert from "node:assert/strict";
import { dispatchedSchema, failureSchema, healthAnswerSchema, passAnswerSchema } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import { type ErrorCode, messageOf } from "@backup/messages.ts";
import { createGitHub } from "./github.ts";
import { createRepository } from "./github_repository.ts";
import { createHandler } from "./handler.ts";
import { SIGNED_IN_AT_ONCE, STRANGERS_AT_ONCE } from "./refusals.ts";
import {
  CALLER,
  ENVIRONMENT,
  exampleRun,
  MemoryDatabase,
  MemoryGitHub,
  MemoryRefusals,
  MemorySilentRuns,
  MemoryWatchCatalog,
  NOW,
  R2_KEY,
  REQUEST_ID,
} from "./test_fakes.ts";

const ORIGIN = "https://erp.example";
const BACKUP = JSON.stringify({ action: "backup", target: "dev", request_id: REQUEST_ID });

function world(env: Record<string, string> = ENVIRONMENT) {
  const database = new MemoryDatabase();
  const server = new MemoryGitHub();
  const refusals = new MemoryRefusals();
  const logged: BackupError[] = [];
  const clock = { passed: 0 };
  const handle = createHandler({
    env: (name) => env[name],
    connect: () => () => database,
    github: (config) => createGitHub(config, { fetch: server.fetch, now: () => NOW }),
    repository: (config) => createRepository(config, { fetch: server.fetch, now: () => NOW }),
    refusals,
    silentRuns: new MemorySilentRuns(database),
    watchCatalog: new MemoryWatchCatalog(),
    fetch: () => Promise.reject(new Error("this test sends nothing outside")),
    newId: () => REQUEST_ID,
    now: () => new Date(NOW.getTime() + clock.passed),
    sleep: () => Promise.resolve(),
    logFailure: (error) => void logged.push(error),
  });
  const post = (body: string, headers: Record<string, string> = { authorization: "Bearer user" }) =>
    handle(new Request("https://functions.example/ops-backups", { method: "POST", body, headers }));
  return { database, server, refusals, logged, clock, handle, post };
}

async function assertFailure(response: Response, status: number, code: ErrorCode): Promise<string> {
  const { error, message } = failureSchema.parse(await response.json());
  assert.deepEqual([response.status, error], [status, code]);
  assert.ok(message.startsWith(messageOf(code)), message);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  return message;
}

Deno.test("the handler starts a manager's run", async () => {
  const { post, server, logged } = world();
  const response = await post(BACKUP);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(dispatchedSchema.parse(await response.json()).request_id, REQUEST_ID);
  assert.equal(server.dispatches.length, 1);
  assert.deepEqual(logged, []);
});

Deno.test("the handler authenticates before it reads the body", async () => {
  const { post, database } = world();
  await assertFailure(await post("{broken", {}), 401, "not_signed_in");
  await assertFailure(await post("{broken", { authorization: "Basic dTpw" }), 401, "not_signed_in");
  assert.deepEqual(database.calls, []);
  database.failures.set("authenticate", new BackupError("invalid_token", "expired"));
  await assertFailure(await post("{broken"), 401, "invalid_token");
  assert.deepEqual(database.calls, ["authenticate"]);
});

Deno.test("the handler writes and dispatches nothing before every check has passed", async () => {
  const { post, database, server } = world();
  database.rights.delete("manage");
  const message = await assertFailure(await post(BACKUP), 403, "forbidden");
  assert.match(message, /ops:manage/);
  database.empresa = null;
  assert.match(await assertFailure(await post(BACKUP), 403, "forbidden"), /Nenhuma empresa/);
  database.rights.add("manage");
  await assertFailure(await post(BACKUP), 400, "empresa_not_selected");
  database.failures.set("mayOps", new BackupError("perm_check_failed", "boom"));
  await assertFailure(await post(BACKUP), 500, "perm_check_failed");
  assert.equal(database.rows.size, 0);
  assert.deepEqual(server.dispatches, []);
});

Deno.test("the handler cancels nothing at GitHub for an admin whom the setting operators leaves out", async () => {
  const { post, database, server } = world();
  database.rows.set(REQUEST_ID, exampleRun({ status: "running", github_run_id: 5 }));
  server.addRun(5);
  const cancel = JSON.stringify({ action: "cancel", request_id: REQUEST_ID });
  database.isOperator = false;
  await assertFailure(await post(cancel), 403, "not_operator");
  assert.deepEqual(server.cancelled, []);
  database.isOperator = true;
  await post(cancel);
  assert.deepEqual(server.cancelled, [5]);
});

Deno.test("the handler lets a viewer read a status, with or without an active company", async () => {
  const { post, database } = world();
  database.rights.delete("manage");
  database.empresa = null;
  const status = JSON.stringify({ action: "status", request_id: REQUEST_ID });
  await assertFailure(await post(status), 404, "run_not_found");
  assert.deepEqual(database.calls, ["authenticate", "findRun"]);
  database.rights.delete("view");
  assert.match(await assertFailure(await post(status), 403, "forbidden"), /ops:view.*Nenhuma empresa/);
});

Deno.test("the handler does not tell a caller to select a company where one is selected", async () => {
  const { post, database } = world();
  database.rights.clear();
  for (const body of [BACKUP, JSON.stringify({ action: "status", request_id: REQUEST_ID })]) {
    const message = await assertFailure(await post(body), 403, "forbidden");
    assert.doesNotMatch(message, /Nenhuma empresa/);
  }
});

Deno.test("the handler accepts POST only", async () => {
  const { handle } = world();
  for (const method of ["GET", "PUT", "DELETE"]) {
    const response = await handle(new Request("https://functions.example/ops-backups", { method }));
    await assertFailure(response, 405, "method_not_allowed");
    assert.equal(response.headers.get("allow"), "POST, OPTIONS");
  }
});

Deno.test("the handler tells that it is not configured, and names its variables in its log alone", async () => {
  const { post, logged } = world({ ALLOWED_ORIGINS: ORIGIN });
  const response = await post(BACKUP, { authorization: "Bearer user", origin: ORIGIN });
  assert.equal(response.headers.get("access-control-allow-origin"), ORIGIN);
  const body = failureSchema.parse(await response.json());
  assert.equal(body.error, "config_error");
  assert.doesNotMatch(JSON.stringify(body), /SUPABASE|GITHUB/);
  assert.deepEqual(logged[0]?.details.missing, [
    "SUPABASE_URL",
    "SUPABASE_PUBLISHABLE_KEYS",
    "GITHUB_TOKEN",
    "GITHUB_REPO",
  ]);
});

Deno.test("the handler discloses nothing about an unexpected error", async () => {
  const { post, database, logged } = world();
  database.requestRun = () => Promise.reject(new Error("secret at https://user:pass@host"));
  const response = await post(BACKUP);
  const text = await response.clone().text();
  await assertFailure(response, 500, "internal_server_error");
  assert.ok(!text.includes("secret") && !text.includes("host"), text);
  assert.match(logged[0]?.message ?? "", /secret/);
});

Deno.test("the handler forwards GitHub's Retry-After", async () => {
  const { post, server } = world();
  server.answerDispatch = () =>
    Response.json({ message: "slow down" }, { status: 403, headers: { "retry-after": "42" } });
  const response = await post(BACKUP);
  assert.equal(response.headers.get("retry-after"), "42");
  assert.match(await assertFailure(response, 503, "github_rate_limited"), /42 s/);
});

Deno.test("the handler accepts the allowed origins only", async () => {
  const { handle } = world();
  const preflight = (origin: string) =>
    handle(new Request("https://functions.example/ops-backups", { method: "OPTIONS", headers: { origin } }));
  const allowed = await preflight(ORIGIN);
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal(allowed.headers.get("access-control-allow-methods"), "POST, OPTIONS");
  assert.match(allowed.headers.get("access-control-allow-headers") ?? "", /x-region, idempotency-key/);
  const stranger = await preflight("https://evil.example");
  assert.equal(stranger.headers.get("access-control-allow-origin"), null);
  assert.equal(stranger.headers.get("access-control-allow-headers"), null);
  assert.equal(stranger.headers.get("vary"), "Origin");
});

Deno.test("the handler records each refusal: caller, action, code, and nothing else of the request", async () => {
  const { post, database, refusals } = world();
  const restore = { action: "restore", target: "prod", r2_key: R2_KEY, request_id: REQUEST_ID };
  await post(JSON.stringify(restore), {
    authorization: "Bearer user",
    "x-forwarded-for": "203.0.113.7, 10.0.0.1",
  });
  await post("x".repeat(20_000));
  await post("{secret", {});
  database.rights.delete("manage");
  await post(BACKUP);
  const none = { target: null, requestId: null, r2Key: null };
  const post_ = { action: null, method: "POST", address: null };
  assert.deepEqual(refusals.kept, [
    {
      caller: CALLER,
      target: "prod",
      requestId: REQUEST_ID,
      r2Key: R2_KEY,
      code: "confirmation_required",
      detail: { action: "restore", method: "POST", address: "203.0.113.7" },
    },
    { caller: CALLER, ...none, code: "payload_too_large", detail: post_ },
    { caller: null, ...none, code: "not_signed_in", detail: post_ },
    {
      caller: CALLER,
      ...none,
      target: "dev",
      requestId: REQUEST_ID,
      code: "forbidden",
      detail: { ...post_, action: "backup" },
    },
  ]);
});

Deno.test("the handler records nothing of a granted request", async () => {
  const { post, refusals } = world();
  await post(BACKUP);
  assert.deepEqual(refusals.kept, []);
});

Deno.test("the handler returns a refusal that could not be recorded, and logs that", async () => {
  const { post, refusals, logged } = world();
  refusals.failure = new BackupError("audit_unavailable", "down");
  await assertFailure(await post("{"), 400, "invalid_payload");
  assert.deepEqual(logged.map(({ code }) => code), ["audit_unavailable"]);
});

Deno.test("the handler counts a flood of unauthenticated requests instead of recording it", async () => {
  const { post, refusals, clock } = world();
  for (let i = 0; i < STRANGERS_AT_ONCE + 10; i++) await post("{}", {});
  assert.equal(refusals.kept.length, STRANGERS_AT_ONCE);
  await post("{");
  assert.equal(refusals.kept.at(-1)?.detail.skipped, undefined);
  clock.passed += 60_000;
  await post("{}", {});
  assert.equal(refusals.kept.at(-1)?.detail.skipped, 10);
});

Deno.test("the handler counts a flood of one user's refusals, and records those of others", async () => {
  const { post, database, refusals } = world();
  for (let i = 0; i < SIGNED_IN_AT_ONCE + 10; i++) await post("{");
  assert.equal(refusals.kept.length, SIGNED_IN_AT_ONCE);
  const other = { id: "77777777-7777-4777-8777-777777777777", email: "bia@revo.example" };
  database.authenticate = () => Promise.resolve(other);
  await post("{");
  assert.deepEqual(refusals.kept.at(-1)?.caller, other);
  assert.equal(refusals.kept.at(-1)?.detail.skipped, undefined);
});

Deno.test("the handler cancels for a manager and returns health to a viewer", async () => {
  const { post, database, server } = world();
  database.rows.set(REQUEST_ID, exampleRun());
  database.rights.delete("manage");
  const cancel = JSON.stringify({ action: "cancel", request_id: REQUEST_ID });
  await assertFailure(await post(cancel), 403, "forbidden");
  server.broken = true;
  const health = await post(JSON.stringify({ action: "health" }));
  const { checks } = healthAnswerSchema.parse(await health.json());
  assert.equal(checks.find(({ name }) => name === "github_token")?.status, "failed");
  server.broken = false;
  database.rights.add("manage");
  assert.equal((await post(cancel)).status, 200);
  assert.equal(database.rows.get(REQUEST_ID)?.status, "cancelled");
});

Deno.test("the handler serves a run's pass without the database, and verifies it before it reads the body", async () => {
  const { post, database, server } = world();
  const started = dispatchedSchema.parse(await (await post(BACKUP)).json());
  server.addRun(7);
  database.calls.length = 0;
  database.authenticate = () => Promise.reject(new BackupError("catalog_unavailable", "down"));
  const pass = { "x-revo-run-pass": started.run_pass?.token ?? "" };
  const status = JSON.stringify({ action: "status", request_id: REQUEST_ID });
  const answer = passAnswerSchema.parse(await (await post(status, pass)).json());
  assert.ok("known" in answer.github && answer.github.known);
  await assertFailure(await post(status), 503, "catalog_unavailable");
  await assertFailure(await post("{broken", { "x-revo-run-pass": "x.y" }), 403, "run_pass_invalid");
  assert.deepEqual(database.calls, []);
});
