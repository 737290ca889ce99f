import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import type { Repository } from "@backup/github/facts.ts";
import { materialOf } from "@backup/watch/alarm.ts";
import { vaultConditions } from "@backup/watch/vault.ts";
import { WATCHED_WORKFLOWS } from "@backup/watch/workflows.ts";
import { MemoryWatchCatalog, NOW } from "./test_fakes.ts";
import { answerWatch } from "./watch.ts";
import { WATCH_TOKEN_HEADER } from "./watch_access.ts";

const TOKEN = "t".repeat(32);
const HOOK = "https://chat.example/hook";
const BEAT = "https://beat.example/id";
const SETTINGS = { OPS_WATCH_TOKEN: TOKEN, OPS_ALERT_WEBHOOK_URL: HOOK, OPS_WATCH_HEALTHCHECK_URL: BEAT };

const ago = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const watchdog = (hours: number, notified: object = {}) => ({
  watchdog: { at: ago(hours).toISOString(), report: { notified } },
});

function materialOfNoBackup(): Promise<string> {
  const [alarm] = vaultConditions({
    backups: [],
    corrupt: [],
    datedAhead: [],
    isSigned: true,
    unsigned: [],
    unopenable: [],
    drills: [],
  }, {
    now: NOW.toISOString(),
    target: "prod",
  });
  assert.ok(alarm);
  return materialOf(alarm);
}

/** Facts without a problem. */
const WELL = {
  time: NOW.toISOString(),
  backups: [{ key: "k", created_at: ago(9).toISOString(), bytes: 100, rows: null }],
  drills: [{ key: "k", drilled_at: ago(50).toISOString(), failed: [] }],
  lost_runs: [],
  audit: { ok: true, broken_at: null },
  reports: watchdog(1),
};

class FakeRepository implements Repository {
  failure: BackupError | null = null;

  readTokenExpiry(): Promise<Date | null> {
    return this.#answer(null);
  }
  listWorkflows() {
    return this.#answer(
      WATCHED_WORKFLOWS.map(({ file }) => ({ file, state: "active", since: ago(1) })),
    );
  }
  lastScheduledRun() {
    return this.#answer({ createdAt: ago(1), url: "", status: null, conclusion: null });
  }
  listSecretNames(): Promise<string[]> {
    return this.#answer([]);
  }

  #answer<T>(value: T): Promise<T> {
    return this.failure === null ? Promise.resolve(value) : Promise.reject(this.failure);
  }
}

function world(env: Record<string, string> = SETTINGS) {
  const watchCatalog = new MemoryWatchCatalog();
  watchCatalog.answer = WELL;
  const repository = new FakeRepository();
  const received: string[] = [];
  const statuses: number[] = [];
  const parts = {
    env: (name: string) => env[name],
    repository,
    watchCatalog,
    fetch: (input: string | URL | Request, init?: RequestInit) => {
      const isHook = String(input) === HOOK;
      const status = isHook ? statuses.shift() ?? 200 : 200;
      const { event, condition } = isHook ? JSON.parse(String(init?.body)) : {};
      received.push(isHook ? `${event} ${condition.id}` : String(input).slice(BEAT.length) || "/success");
      return Promise.resolve(new Response("", { status }));
    },
    now: () => NOW,
    sleep: () => Promise.resolve(),
  };
  const call = (token = TOKEN, body = '{"action":"watch"}') =>
    answerWatch(
      new Request("https://f.example", { method: "POST", body, headers: { [WATCH_TOKEN_HEADER]: token } }),
      parts,
    );
  return { watchCatalog, repository, received, statuses, call };
}

Deno.test("the token of the watch is accepted for the watch only, and no other token is", async () => {
  const { call, received } = world();
  await assert.rejects(call(`${TOKEN}t`), { code: "invalid_token" });
  await assert.rejects(call(""), { code: "invalid_token" });
  await assert.rejects(call(TOKEN, '{"action":"backup"}'), { code: "invalid_payload" });
  await assert.rejects(call(TOKEN, '{"action":"watch","target":"all"}'), { code: "invalid_payload" });
  assert.deepEqual(received, []);
});

Deno.test("does not start without a token, with a short one, or without a channel", async () => {
  const missing = async (changes: Record<string, string>) => {
    const error = await world({ ...SETTINGS, ...changes }).call().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof BackupError);
    assert.equal(error.code, "config_error");
    return error.message;
  };
  assert.match(await missing({ OPS_WATCH_TOKEN: "" }), /OPS_WATCH_TOKEN/);
  assert.match(await missing({ OPS_WATCH_TOKEN: "short" }), /OPS_WATCH_TOKEN/);
  const mute = await missing({ OPS_ALERT_WEBHOOK_URL: "", OPS_WATCH_HEALTHCHECK_URL: "" });
  assert.match(mute, /OPS_ALERT_WEBHOOK_URL/);
});

Deno.test("notifies every condition that the watchdog has not sent, and tells the dead man's switch of all", async () => {
  const { call, received, watchCatalog } = world();
  assert.deepEqual(await call(), { ok: true, kind: "watch", conditions: [], notified: [] });
  watchCatalog.answer = { ...WELL, backups: [] };
  assert.deepEqual((await call()).notified, ["raised backup_overdue"]);
  assert.deepEqual((await call()).notified, []);
  watchCatalog.answer = WELL;
  assert.deepEqual((await call()).notified, ["cleared backup_overdue"]);
  const sent = { backup_overdue: { title: "T", material: await materialOfNoBackup() } };
  watchCatalog.answer = { ...WELL, backups: [], reports: watchdog(1, sent) };
  const answer = await call();
  assert.deepEqual([answer.conditions, answer.notified], [["backup_overdue"], []]);
  assert.deepEqual(received.filter((it) => it.startsWith("/")), [
    ...["/start", "/success"],
    ...["/start", "/fail"],
    ...["/start", "/fail"],
    ...["/start", "/success"],
    ...["/start", "/fail"],
  ]);
  assert.equal(watchCatalog.last?.status, "failed");
});

Deno.test("when GitHub is unreachable it notifies once, clears once, and records both in its report", async () => {
  const { call, received, repository, watchCatalog } = world();
  repository.failure = new BackupError("github_error", "no answer");
  watchCatalog.answer = { ...WELL, reports: watchdog(14) };
  assert.deepEqual((await call()).notified, ["raised github_unreachable", "raised watchdog_silent"]);
  assert.deepEqual((await call()).notified, []);
  repository.failure = null;
  watchCatalog.answer = WELL;
  assert.deepEqual((await call()).notified, ["cleared github_unreachable", "cleared watchdog_silent"]);
  assert.deepEqual((await call()).notified, []);
  assert.deepEqual(received.filter((it) => it === "/fail").length, 2);
});

Deno.test("takes over from a silent watchdog only what it can see the end of", async () => {
  const { call, watchCatalog } = world();
  const sent = { title: "T", material: "m" };
  watchCatalog.answer = { ...WELL, reports: watchdog(14, { vault_unreachable: sent, run_lost: sent }) };
  assert.deepEqual((await call()).notified, ["raised watchdog_silent", "cleared run_lost"]);
  assert.deepEqual(Object.keys(Object(watchCatalog.last?.report.notified)), ["watchdog_silent"]);
});

Deno.test("without a webhook nothing counts as sent: the watchdog sends it", async () => {
  const { call, watchCatalog } = world({ ...SETTINGS, OPS_ALERT_WEBHOOK_URL: "" });
  watchCatalog.answer = { ...WELL, backups: [] };
  assert.deepEqual((await call()).notified, []);
  assert.deepEqual(watchCatalog.last?.report.notified, {});
});

Deno.test("names a refused token as a credential that ended", async () => {
  const { call, repository } = world();
  repository.failure = new BackupError("github_bad_token", "refused");
  assert.deepEqual((await call()).conditions, ["github_unreachable", "secret_expiring"]);
});

Deno.test("a notification that the webhook refused is an error, and is sent again", async () => {
  const { call, statuses, watchCatalog, received } = world();
  watchCatalog.answer = { ...WELL, reports: {} };
  statuses.push(410);
  await assert.rejects(call(), { code: "alert_failed" });
  assert.equal(received.at(-1), "/fail");
  assert.deepEqual((await call()).notified, ["raised watchdog_silent"]);
});

Deno.test("notifies on each call while the catalog does not reply: earlier notifications are unknown", async () => {
  const { call, watchCatalog } = world();
  watchCatalog.failure = new BackupError("catalog_unavailable", "no answer");
  for (let round = 0; round < 2; round++) {
    assert.deepEqual((await call()).notified, ["raised catalog_unreachable"]);
  }
});
