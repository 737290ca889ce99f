/** The Edge Function on the embedded stack: who is refused and how, and what a permitted call does. */
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dispatchedSchema, statusAnswerSchema } from "../../supabase/functions/_shared/backup/api.ts";
import { messageOf } from "../../supabase/functions/_shared/backup/messages.ts";
import { isActive } from "../../supabase/functions/_shared/backup/run.ts";
import { type Stack, startStack } from "../dev/stack.ts";
import { ask, type Call, claimsOf, forgeToken, send, signIn } from "./function_caller.ts";

const REQUEST_ID = "6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11";
const R2_KEY = "revo/prod/2026/11/24/supabase_prod_20261124_031022.dump.gz";
const GOOD = {
  backup: { action: "backup", target: "verify", mode: "schema-only", label: "teste" },
  restore: { action: "restore", target: "dev", r2_key: R2_KEY, confirm: null },
  status: { action: "status", request_id: REQUEST_ID },
};
type Action = keyof typeof GOOD;
const ACTIONS: Action[] = ["backup", "restore", "status"];

let stack: Stack;
let sql: postgres.Sql;
let tokens: Record<string, string | undefined>;

beforeAll(async () => {
  stack = await startStack({ rows: 2000, web: "none", ports: "free", log: () => {} });
  sql = postgres(stack.databases.prod, { max: 1, onnotice: () => {} });
  const [manager, viewer, stranger] = await Promise.all([
    signIn(stack, stack.users.admin),
    signIn(stack, stack.users.viewer),
    signIn(stack, stack.users.stranger),
  ]);
  const { jwtSecret, publishable, secret } = stack.keys;
  tokens = {
    nobody: undefined,
    garbage: "garbage",
    "three parts of garbage": "a.b.c",
    "an expired token": forgeToken(manager, { exp: 1_700_000_000 }, jwtSecret),
    "another project's token": forgeToken(manager, {}, "another-project-s-secret-of-32-bytes!"),
    "an unsigned token": `${manager.split(".").slice(0, 2).join(".")}.`,
    "an anonymous token": forgeToken(manager, { role: "anon", sub: undefined }, jwtSecret),
    "a service token": forgeToken(manager, { role: "service_role" }, jwtSecret),
    "the publishable key": publishable,
    "the secret key": secret,
    stranger,
    viewer,
    manager,
  };
}, 180_000);

afterAll(async () => {
  await sql?.end();
  await stack?.stop();
}, 60_000);

function dispatches(): number {
  return stack.github.journal.filter(({ path }) => path.endsWith("/dispatches")).length;
}

async function countRuns(): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from public.ops_db_backup_runs`;
  return row?.n ?? -1;
}

async function expectRefusal(call: Call, status: number, code: string): Promise<void> {
  const before = [await countRuns(), dispatches()];
  const response = await send(stack, call);
  const body = JSON.parse(await response.text());
  expect([response.status, body.error, body.ok]).toEqual([status, code, false]);
  expect(body.message.startsWith(messageOf(code))).toBe(true);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect([await countRuns(), dispatches()]).toEqual(before);
}

/** Whatever they send, they learn nothing. */
const UNKNOWN: [string, string][] = [
  ["nobody", "not_signed_in"],
  ["garbage", "invalid_token"],
  ["three parts of garbage", "invalid_token"],
  ["an expired token", "invalid_token"],
  ["another project's token", "invalid_token"],
  ["an unsigned token", "invalid_token"],
  ["an anonymous token", "invalid_token"],
  ["a service token", "invalid_token"],
  ["the publishable key", "invalid_token"],
  ["the secret key", "invalid_token"],
];

/** What anyone may get wrong, and what a signed-in user is told. */
const BAD: [string, (action: Action) => Partial<Call>, number, string][] = [
  ["broken JSON", () => ({ body: "{" }), 400, "invalid_payload"],
  [
    "an oversized body",
    (action) => ({ body: { ...GOOD[action], reason: "x".repeat(17_000) } }),
    413,
    "payload_too_large",
  ],
  ["an unknown field", (action) => ({ body: { ...GOOD[action], force: true } }), 400, "invalid_payload"],
  ["another action", () => ({ body: { action: "drop" } }), 400, "invalid_action"],
  [
    "path against body",
    (action) => ({ path: action === "backup" ? "/restore" : "/backup" }),
    400,
    "invalid_action",
  ],
];

describe.each(UNKNOWN)("%s", (who, code) => {
  it.each(ACTIONS)("%s is refused", async (action) => {
    await expectRefusal({ token: tokens[who], body: GOOD[action] }, 401, code);
  });

  it.each(BAD)("%s is refused no other way", async (_what, change) => {
    await expectRefusal({ token: tokens[who], body: GOOD.backup, ...change("backup") }, 401, code);
  });
});

/** Signed in: the good calls that are refused all the same. */
const KNOWN: [string, [Action, number, string][]][] = [
  ["stranger", [["backup", 403, "forbidden"], ["restore", 403, "forbidden"], ["status", 403, "forbidden"]]],
  ["viewer", [["backup", 403, "forbidden"], ["restore", 403, "forbidden"], ["status", 404, "run_not_found"]]],
  ["manager", [["status", 404, "run_not_found"]]],
];

describe.each(KNOWN)("the %s", (who, refusals) => {
  it.each(refusals)("%s is refused", async (action, status, code) => {
    await expectRefusal({ token: tokens[who], body: GOOD[action] }, status, code);
  });

  describe.each(ACTIONS)("%s", (action) => {
    it.each(BAD)("%s is refused", async (_what, change, status, code) => {
      await expectRefusal({ token: tokens[who], body: GOOD[action], ...change(action) }, status, code);
    });
  });

  it.each(["GET", "PUT", "DELETE"])("%s is refused", async (method) => {
    await expectRefusal({ token: tokens[who], method }, 405, "method_not_allowed");
  });
});

describe("a manager without an active company", () => {
  beforeAll(() => setActiveCompany(false));
  afterAll(() => setActiveCompany(true));

  it.each(
    [["backup", 400, "empresa_not_selected"], ["restore", 400, "empresa_not_selected"], [
      "status",
      404,
      "run_not_found",
    ]] as const,
  )("%s", async (action, status, code) => {
    await expectRefusal({ token: tokens.manager, body: GOOD[action] }, status, code);
  });
});

let activeCompany: postgres.Row | undefined;

async function setActiveCompany(active: boolean): Promise<void> {
  if (active && activeCompany) {
    await sql`insert into public.usuario_empresa_ativa ${sql(activeCompany, "user_id", "empresa_id")}`;
    return;
  }
  const { sub } = claimsOf(tokens.manager ?? "");
  [activeCompany] = await sql`
    delete from public.usuario_empresa_ativa where user_id = ${String(sub)} returning *`;
  expect(activeCompany).toBeDefined();
}

describe("a manager's mistakes", () => {
  it.each([
    ["no confirmation for prod", { ...GOOD.restore, target: "prod" }, "confirmation_required"],
    ["a key of no backup", { ...GOOD.restore, r2_key: "revo/x" }, "invalid_r2_key"],
    ["a bad label", { ...GOOD.backup, label: "migração" }, "invalid_label"],
    ["an unknown target", { ...GOOD.backup, target: "staging" }, "invalid_payload"],
  ])("%s", async (_what, body, code) => {
    await expectRefusal({ token: tokens.manager, body }, 400, code);
  });
});

async function statusOf(requestId: string, token: string | undefined) {
  const { status, body } = await ask(stack, { token, body: { action: "status", request_id: requestId } });
  expect(status).toBe(200);
  return { ...statusAnswerSchema.parse(body), github: body.github };
}

async function waitForEnd(requestId: string): Promise<void> {
  await expect.poll(async () => isActive((await statusOf(requestId, tokens.manager)).run.status), {
    timeout: 90_000,
    interval: 500,
  }).toBe(false);
}

describe("a held database", () => {
  const holder = { kind: "backup", target: "dev", mode: "full", requested_by: "agendado" };

  it("is told: what runs, since when, by whom", async () => {
    const [row] = await sql`
      insert into public.ops_db_backup_runs ${sql({ ...holder, request_id: crypto.randomUUID() })}
      returning request_id`;
    const call = { token: tokens.manager, body: { ...GOOD.backup, target: "dev" } };
    await expectRefusal(call, 409, "busy");
    await expectRefusal({ ...call, body: GOOD.restore }, 409, "busy");
    const { body } = await ask(stack, call);
    expect(body.message).toMatch(/backup em dev, desde \d\d\/\d\d\/\d{4}, \d\d:\d\d .*por agendado/);
    expect(body.details).toMatchObject({ holder: { ...row, target: "dev" } });
    await sql`
      update public.ops_db_backup_runs set status = 'lost', finished_at = now()
       where request_id = ${row?.request_id}`;
  });
});

describe("a permitted backup", () => {
  it("is dispatched once for 40 parallel calls of one id", async () => {
    const before = [await countRuns(), dispatches()].map((count) => count + 1);
    const body = { ...GOOD.backup, request_id: REQUEST_ID };
    const same = Array.from({ length: 40 }, () => ask(stack, { token: tokens.manager, body }));
    for (const { status, body } of await Promise.all(same)) {
      expect(status).toBe(200);
      expect(dispatchedSchema.parse(body).request_id).toBe(REQUEST_ID);
    }
    expect([await countRuns(), dispatches()]).toEqual(before);
    const reused = { ...GOOD.backup, mode: "full", request_id: REQUEST_ID };
    await expectRefusal({ token: tokens.manager, body: reused }, 409, "request_id_reused");
  }, 60_000);

  it("is followed by a viewer and ends in the history", async () => {
    const seen = await statusOf(REQUEST_ID, tokens.viewer);
    expect(seen.run.requested_by).toBe(stack.users.admin.email);
    await waitForEnd(REQUEST_ID);
    const { run, github } = await statusOf(REQUEST_ID, tokens.viewer);
    expect([run.status, run.error_code, github]).toEqual(["succeeded", null, null]);
  }, 120_000);

  it("is dispatched once for 20 parallel calls of different ids", async () => {
    const before = [await countRuns(), dispatches()].map((count) => count + 1);
    const calls = Array.from({ length: 20 }, () => ask(stack, { token: tokens.manager, body: GOOD.backup }));
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 409),
    ]);
    expect([await countRuns(), dispatches()]).toEqual(before);
    const started = dispatchedSchema.parse(answers.find(({ status }) => status === 200)?.body);
    await waitForEnd(started.request_id);
  }, 120_000);
});

it(
  "a restore of a backup that is not in the vault fails with its reason, and gives the lock back",
  async () => {
    const { body } = await ask(stack, { token: tokens.manager, body: GOOD.restore });
    const { request_id } = dispatchedSchema.parse(body);
    await waitForEnd(request_id);
    const { run } = await statusOf(request_id, tokens.manager);
    expect([run.status, run.error_code]).toEqual(["failed", "vault_object_missing"]);
  },
  120_000,
);

it("a GitHub that cannot be reached fails the run at once and gives the lock back", async () => {
  await stack.stopPart("github");
  try {
    const { status, body } = await ask(stack, { token: tokens.manager, body: GOOD.backup });
    expect([status, body.error]).toEqual([502, "github_error"]);
    const [row] =
      await sql`select status, error_code from public.ops_db_backup_runs order by created_at desc limit 1`;
    expect(row).toEqual({ status: "failed", error_code: "github_error" });
  } finally {
    await stack.startPart("github");
  }
}, 60_000);
