import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import { LookTab, makeLookKeys } from "@backup/look/seal.ts";
import { readFeatures } from "./download.ts";
import { createGitHub } from "./github.ts";
import { startLook, takeAnswer, withdrawLook } from "./look.ts";
import {
  ENVIRONMENT,
  exampleConfig,
  MemoryDatabase,
  MemoryGitHub,
  NOW,
  R2_KEY,
  REQUEST_ID,
} from "./test_fakes.ts";

const { publicKey } = await makeLookKeys();
const { sealed } = await LookTab.ask(publicKey, { requestId: REQUEST_ID, r2Key: R2_KEY }, { search: "Ana" });
const REQUEST = {
  action: "look",
  request_id: REQUEST_ID,
  r2_key: R2_KEY,
  reason: "pedido do titular",
  sealed,
} as const;
const ANSWER = { action: "look_answer", request_id: REQUEST_ID } as const;

function place(secrets: Record<string, string> = { ...ENVIRONMENT, LOOK_PUBLIC_KEY: publicKey }) {
  const database = new MemoryDatabase();
  const hub = new MemoryGitHub();
  const github = createGitHub(exampleConfig(), { fetch: hub.fetch, now: () => NOW });
  return { database, hub, deps: { database, github, env: (name: string) => secrets[name] } };
}

/** The look in the state that the job has brought it to. */
function settle(
  { database }: ReturnType<typeof place>,
  result: { state: "answered" | "failed" | "reading"; errorCode?: string },
) {
  const look = database.looks.get(REQUEST_ID);
  assert.ok(look);
  look.result = {
    state: result.state,
    sealed: result.state === "answered" ? sealed : null,
    errorCode: result.errorCode ?? null,
  };
}

Deno.test("startLook() gives GitHub the id alone, once for one id", async () => {
  const { database, hub, deps } = place();
  const started = await startLook(REQUEST, deps);
  assert.deepEqual([started.github_run_id, started.request_id], [7, REQUEST_ID]);
  assert.equal((await startLook(REQUEST, deps)).github_run_id, null);
  assert.deepEqual(hub.dispatches.map(({ workflow, body }) => [workflow, body.inputs]), [
    ["db-backup-look.yml", { request_id: REQUEST_ID }],
  ]);
  assert.equal(database.looks.get(REQUEST_ID)?.reason, REQUEST.reason);
});

Deno.test("startLook() withdraws what GitHub refused, and keeps what it may have accepted", async () => {
  const refused = place();
  refused.hub.answerDispatch = () => Response.json({ message: "Not Found" }, { status: 404 });
  await assert.rejects(startLook(REQUEST, refused.deps), /./);
  assert.equal(refused.database.looks.size, 0);
  const unclear = place();
  unclear.hub.answerDispatch = () => Promise.reject(new TypeError("reset"));
  assert.equal((await startLook(REQUEST, unclear.deps)).github_run_id, null);
  assert.equal(unclear.database.looks.size, 1);
});

Deno.test("looks are off without a key of P-256, and nothing is kept or dispatched", async () => {
  for (const secrets of [ENVIRONMENT, { ...ENVIRONMENT, LOOK_PUBLIC_KEY: "x" }]) {
    const { database, hub, deps } = place(secrets);
    assert.equal(readFeatures(deps).look, false);
    await assert.rejects(startLook(REQUEST, deps), { code: "looks_off" });
    await assert.rejects(takeAnswer(ANSWER, deps), { code: "looks_off" });
    assert.deepEqual([database.looks.size, hub.dispatches.length], [0, 0]);
  }
  assert.equal(readFeatures(place().deps).look, true);
});

Deno.test("takeAnswer() gives the answer once, and the job's error by its code", async () => {
  const all = place();
  await startLook(REQUEST, all.deps);
  assert.deepEqual(await takeAnswer(ANSWER, all.deps), {
    ...{ ok: true, kind: "look_answer", state: "waiting", sealed: null },
  });
  settle(all, { state: "answered" });
  assert.deepEqual((await takeAnswer(ANSWER, all.deps)).sealed, sealed);
  await assert.rejects(takeAnswer(ANSWER, all.deps), { code: "look_expired" });
  for (
    const [errorCode, code] of [["archive_corrupt", "archive_corrupt"], ["of_a_newer_job", "look_failed"]]
  ) {
    await startLook(REQUEST, all.deps);
    settle(all, { state: "failed", errorCode });
    await assert.rejects(takeAnswer(ANSWER, all.deps), { code });
  }
});

Deno.test("takeAnswer() ends a look whose job ended without an answer, and no other", async () => {
  const all = place();
  await startLook(REQUEST, all.deps);
  const ask = (github_run_id = 7) => takeAnswer({ ...ANSWER, github_run_id }, all.deps);
  all.hub.addRun(7, { status: "in_progress" });
  assert.equal((await ask()).state, "waiting");
  all.hub.broken = true;
  assert.equal((await ask()).state, "waiting");
  all.hub.broken = false;
  all.hub.addRun(7, { status: "completed", conclusion: "failure" });
  settle(all, { state: "reading" });
  await assert.rejects(ask(), { code: "look_failed" });
  assert.equal(all.database.looks.size, 0);
});

Deno.test("withdrawLook() says whether there was one", async () => {
  const { deps } = place();
  await startLook(REQUEST, deps);
  const withdraw = () => withdrawLook({ action: "look_withdraw", request_id: REQUEST_ID }, deps);
  assert.equal((await withdraw()).withdrawn, true);
  assert.equal((await withdraw()).withdrawn, false);
});

Deno.test("a refusal of the catalog reaches GitHub with nothing", async () => {
  const { database, hub, deps } = place();
  database.failures.set("requestLook", new BackupError("not_operator", "no"));
  await assert.rejects(startLook(REQUEST, deps), { code: "not_operator" });
  assert.equal(hub.dispatches.length, 0);
});
