/** Sealed looks in the catalog: who may ask, take, answer and read, each once and for ten minutes. */
import { randomUUID } from "node:crypto";
import type { JSONValue, Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SEALED_ANSWER_BYTES, SEALED_REQUEST_BYTES } from "@backup/look/order.ts";
import { type Sealed, sealedSchema } from "@backup/look/seal.ts";
import { asCaller, outcomeOf, TestCluster, userId } from "./cluster.ts";
import { callAs, KEY } from "./run_calls.ts";

const MANIFEST = {
  kind: "supabase_db_backup",
  target: "prod",
  mode: "full",
  created_at_utc: "2026-01-15T03:10:22Z",
  file: KEY.split("/")[5],
  sha256: "a".repeat(64),
  bytes: 1234,
};
const REASON = "pedido do titular";

/** A message whose JSON has about so many bytes. */
const sealedOf = (bytes = 400): Sealed =>
  sealedSchema.parse({
    v: 1,
    public_key: `B${"A".repeat(86)}=`,
    iv: "A".repeat(16),
    body: "ABCD".repeat(Math.floor((bytes - 160) / 4)),
  });

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("looks");
});
afterAll(() => cluster.stop());

type Trial = {
  tx: TransactionSql;
  id: string;
  ask: (
    changes?: { id?: string; key?: string; reason?: string | null; sealed?: JSONValue },
  ) => Promise<unknown>;
  read: (id?: string) => Promise<unknown>;
  /** By the job. */
  script: (name: "take" | "put", value: object) => Promise<unknown>;
  audited: () => Promise<Record<string, unknown>[]>;
};

/** A test inside a transaction that is rolled back. */
function trial(name: string, work: (trial: Trial) => Promise<void>): void {
  it(name, () =>
    asCaller(sql, "owner", async (tx) => {
      await tx.unsafe("select public.ops_db_backup_record($1::text::jsonb)", [
        JSON.stringify({ r2_bucket: "b", r2_key: KEY, manifest: MANIFEST }),
      ]);
      const id = randomUUID();
      await work({
        tx,
        id,
        ask: ({ id: other = id, key = KEY, reason = REASON, sealed = sealedOf() } = {}) =>
          callAs(tx, "manager", "ops_db_backup_look_request", [other, key, reason, sealed]),
        read: (other = id) => callAs(tx, "manager", "ops_db_backup_look_answer", [other]),
        script: (name, value) =>
          tx.savepoint(async (inner) => {
            const [row] = await inner.unsafe(
              `select public.ops_db_backup_look_${name}($1::text::jsonb) as answer`,
              [JSON.stringify(value)],
            );
            return row?.answer;
          }),
        audited: async () =>
          await tx.unsafe(
            "select actor, actor_id, target, request_id, r2_key, code, record::jsonb -> 'detail' as detail from public.ops_db_backup_audit where event = 'look'",
          ),
      });
    }));
}

const EXPIRED = "PT404 look_expired";
const INVALID = "PT400 invalid_payload";

trial(
  "a look is asked, taken, answered and read, each once",
  async ({ id, tx, ask, read, script, audited }) => {
    const [request, answer] = [sealedOf(), sealedOf(500)];
    expect(await ask({ sealed: request })).toMatchObject({ created: true });
    expect(await read()).toMatchObject({ state: "waiting", sealed: null });
    expect(await script("take", { request_id: id })).toEqual({ r2_key: KEY, sealed: request });
    expect(await outcomeOf(script("take", { request_id: id }))).toBe(EXPIRED);
    expect(await read()).toMatchObject({ state: "reading", sealed: null });
    expect(await audited()).toEqual([]);
    const put = { request_id: id, sealed: answer, detail: { what: "search", hits: 1 } };
    await script("put", put);
    expect(await outcomeOf(script("put", put))).toBe(EXPIRED);
    expect(await audited()).toEqual([{
      actor: "manager@example.com",
      actor_id: userId("manager"),
      target: "prod",
      request_id: id,
      r2_key: KEY,
      code: null,
      detail: { what: "search", hits: 1, reason: REASON, on: "screen" },
    }]);
    expect(await read()).toMatchObject({ state: "answered", sealed: answer, error_code: null });
    expect(await outcomeOf(read())).toBe(EXPIRED);
    expect(await tx.unsafe("select from public.ops_db_backup_sealed")).toHaveLength(0);
  },
);

trial("a look that failed has a code, and a record", async ({ id, ask, read, script, audited }) => {
  await ask();
  await script("take", { request_id: id });
  await script("put", { request_id: id, error_code: "look_unreadable" });
  expect(await audited()).toMatchObject([{ code: "look_unreadable", detail: { reason: REASON } }]);
  expect(await read()).toMatchObject({ state: "failed", sealed: null, error_code: "look_unreadable" });
  expect(await outcomeOf(read())).toBe(EXPIRED);
});

trial("no one else reads or withdraws it, whatever right he has", async ({ tx, id, ask, read, script }) => {
  await ask();
  await script("take", { request_id: id });
  await script("put", { request_id: id, sealed: sealedOf() });
  const other = (name: string) => callAs(tx, "undecided", `ops_db_backup_look_${name}`, [id]);
  expect(await outcomeOf(other("answer"))).toBe(EXPIRED);
  expect(await other("withdraw")).toEqual({ withdrawn: false });
  expect(await read()).toMatchObject({ state: "answered" });
});

trial(
  "a look is withdrawn in each state, and its answer is then refused",
  async ({ tx, id, ask, script }) => {
    const withdraw = () => callAs(tx, "manager", "ops_db_backup_look_withdraw", [id]);
    await ask();
    expect(await withdraw()).toEqual({ withdrawn: true });
    expect(await outcomeOf(script("take", { request_id: id }))).toBe(EXPIRED);
    await ask();
    await script("take", { request_id: id });
    await withdraw();
    expect(await outcomeOf(script("put", { request_id: id, sealed: sealedOf() }))).toBe(EXPIRED);
  },
);

trial("ten minutes after the request each call deletes it first", async ({ tx, id, ask, read, script }) => {
  const old = () =>
    tx.unsafe("update public.ops_db_backup_sealed set expires_at = expires_at - interval '10 minutes'");
  await ask();
  await old();
  expect(await outcomeOf(script("take", { request_id: id }))).toBe(EXPIRED);
  await ask();
  await script("take", { request_id: id });
  await old();
  expect(await outcomeOf(script("put", { request_id: id, sealed: sealedOf() }))).toBe(EXPIRED);
  await ask();
  await old();
  expect(await outcomeOf(read())).toBe(EXPIRED);
  await ask();
  await old();
  await ask({ id: randomUUID() });
  expect(await tx.unsafe("select from public.ops_db_backup_sealed")).toHaveLength(1);
});

trial("the same request again is one look; another of its id is refused", async ({ id, ask, script }) => {
  const sealed = sealedOf();
  await ask({ sealed });
  expect(await ask({ sealed })).toMatchObject({ created: false });
  expect(await outcomeOf(ask({ sealed: sealedOf(800) }))).toBe("PT409 request_id_reused");
  await script("take", { request_id: id });
  expect(await outcomeOf(ask({ sealed }))).toBe("PT409 request_id_reused");
});

trial("a look needs a reason, a backup of the vault, and a sealed request", async ({ tx, ask }) => {
  for (const reason of [null, "", "123 456 789 0", "nove letr"]) {
    expect(await outcomeOf(ask({ reason }))).toBe("PT400 reason_required");
  }
  expect(await outcomeOf(ask({ key: KEY.replace("2026", "2025") }))).toBe("PT404 no_backup_found");
  const sealed = sealedOf();
  for (
    const wrong of [null, "x", [], {}, { ...sealed, v: 2 }, { ...sealed, search: "Ana" }, {
      ...sealed,
      body: "Ana Souza",
    }, { ...sealed, iv: "" }]
  ) {
    expect(await outcomeOf(ask({ sealed: wrong })), JSON.stringify(wrong)).toBe(INVALID);
  }
  await tx.unsafe("update public.ops_db_backups set status = 'deleted'");
  expect(await outcomeOf(ask())).toBe("PT404 no_backup_found");
});

trial("messages have limits, and a user twenty looks", async ({ id, ask, script }) => {
  expect(await outcomeOf(ask({ sealed: sealedOf(SEALED_REQUEST_BYTES + 200) }))).toBe(INVALID);
  await ask({ sealed: sealedOf(SEALED_REQUEST_BYTES - 100) });
  await script("take", { request_id: id });
  const put = (bytes: number) => script("put", { request_id: id, sealed: sealedOf(bytes) });
  expect(await outcomeOf(put(SEALED_ANSWER_BYTES + 200))).toBe(INVALID);
  await put(SEALED_ANSWER_BYTES - 100);
  for (let i = 1; i < 20; i++) await ask({ id: randomUUID() });
  expect(await outcomeOf(ask({ id: randomUUID() }))).toBe("PT429 look_too_many");
});

trial("an answer is sealed or a code, with short details", async ({ id, ask, script }) => {
  await ask();
  await script("take", { request_id: id });
  const put = (fields: object) => outcomeOf(script("put", { request_id: id, ...fields }));
  const sealed = sealedOf();
  for (
    const fields of [{}, { sealed, error_code: "look_failed" }, { sealed: { found: [] } }, {
      sealed,
      detail: [],
    }, {
      sealed,
      detail: { a: "x".repeat(4000) },
    }]
  ) {
    expect(await put(fields), JSON.stringify(fields).slice(0, 80)).toBe(INVALID);
  }
  expect(await put({ error_code: "Ana Souza" })).toMatch(/^23514/);
  expect(await put({ sealed })).toBe("ok");
});

describe("the table of messages", () => {
  it("writes no message into the log that backups of the platform have", async () => {
    const [row] =
      await sql`select relpersistence as kind from pg_class where relname = 'ops_db_backup_sealed'`;
    expect(row).toEqual({ kind: "u" });
  });
  it("has no trigger that copies its rows", async () => {
    expect(await sql`select tgname from pg_trigger where tgrelid = 'public.ops_db_backup_sealed'::regclass`)
      .toHaveLength(0);
  });
});
