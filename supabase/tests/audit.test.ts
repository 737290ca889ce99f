/** The audit: its writers, the refusal of changes, and the detection of changes. */
import { randomUUID } from "node:crypto";
import type { Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditLineSchema, checkChain, parseAuditRecord } from "@backup/audit.ts";
import { asCaller, become, migrate, outcomeOf, TestCluster, unbecome } from "./cluster.ts";
import { backupOf, callAs, callAsManager, KEY, report, request, restoreInto } from "./run_calls.ts";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("audit");
});
afterAll(() => cluster.stop());

/** Deferred triggers fire at once, since nothing is committed here. */
function trial(name: string, work: (tx: TransactionSql, id: string) => Promise<void>): void {
  it(name, () =>
    asCaller(sql, "owner", async (tx) => {
      await tx.unsafe("set constraints all immediate");
      await work(tx, randomUUID());
    }));
}

async function records(tx: TransactionSql): Promise<Record<string, unknown>[]> {
  const rows = await tx.unsafe<{ record: string }[]>(
    "select record from public.ops_db_backup_audit order by chain_id, seq",
  );
  return rows.map(({ record }) => JSON.parse(record));
}

async function check(tx: TransactionSql): Promise<unknown> {
  return await callAs(tx, "viewer", "ops_db_backup_audit_check", []);
}

async function append(tx: TransactionSql, value: object): Promise<unknown> {
  return await tx.savepoint(async (inner) => {
    await become(inner, "service_role");
    await inner.unsafe("select public.ops_db_backup_audit_append($1::text::jsonb)", [JSON.stringify(value)]);
    await unbecome(inner);
  });
}

const MANIFEST = {
  kind: "supabase_db_backup",
  target: "prod",
  mode: "full",
  created_at_utc: "2026-01-15T03:10:22Z",
  file: KEY.split("/")[5],
  sha256: "a".repeat(64),
  bytes: 1234,
};

async function enter(tx: TransactionSql): Promise<void> {
  await tx.unsafe("select public.ops_db_backup_record($1::text::jsonb)", [
    JSON.stringify({ r2_bucket: "b", r2_key: KEY, manifest: MANIFEST, requested_by: "schedule" }),
  ]);
}

async function mark(tx: TransactionSql, value: object): Promise<void> {
  await tx.unsafe("select public.ops_db_backup_mark($1::text::jsonb)", [
    JSON.stringify({ r2_bucket: "b", r2_key: KEY, ...value }),
  ]);
}

describe("records are written", () => {
  trial("for each state of a run, with its actor and the complete row", async (tx, id) => {
    await request(tx, id, { ...backupOf("prod"), reason: "virada" });
    await callAsManager(tx, "dispatched", id, 77, "https://github.com/o/r/actions/runs/77");
    await report(tx, "start", { request_id: id, ...backupOf("prod"), github_run_id: 77 });
    await report(tx, "progress", { request_id: id, phase: "dump", bytes_done: 5, rows_done: 9 });
    await report(tx, "finish", { request_id: id, status: "failed", error_code: "dump_failed" });
    const written = await records(tx);
    const run = (more: object) => ({ detail: { run: expect.objectContaining({ request_id: id, ...more }) } });
    expect(written).toMatchObject([
      {
        event: "run",
        actor: "manager@example.com",
        code: null,
        ...run({ status: "queued", reason: "virada" }),
      },
      { event: "run", actor: "manager@example.com", ...run({ status: "queued", github_run_id: 77 }) },
      { event: "run", actor: "script", ...run({ status: "running" }) },
      {
        event: "run",
        actor: "script",
        code: "dump_failed",
        ...run({ status: "failed", phase: "dump", rows_done: 9 }),
      },
    ]);
    expect(written.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(await check(tx)).toEqual({ ok: true, records: 4, broken_at: null });
  });

  trial("when a run expires, with the actor watch", async (tx, id) => {
    await report(tx, "start", { request_id: id, requested_by: "schedule", ...backupOf("prod") });
    await tx.unsafe(
      "update public.ops_db_backup_runs set heartbeat_at = heartbeat_at - interval '11 minutes'",
    );
    await tx.unsafe("select public.ops_db_backup_runs_expire()");
    expect(await records(tx)).toMatchObject([
      { actor: "schedule", detail: { run: { status: "running" } } },
      { actor: "watch", code: "run_lost", detail: { run: { status: "lost" } } },
    ]);
  });

  trial(
    "when a backup is recorded, held, proven, restored or deleted, and not for an update without a change",
    async (tx) => {
      await enter(tx);
      await callAs(tx, "manager", "ops_db_backup_hold", [KEY, "2100-01-01T00:00:00Z", "auditoria"]);
      const proof = { receipt_key: "r", drilled_at: "2026-01-18T00:00:00Z", passed: 9, failed: 0 };
      await mark(tx, { proven_at: "2026-01-18T00:00:00Z", proof });
      await mark(tx, { status: "restored" });
      await enter(tx);
      await mark(tx, { status: "restored" });
      await mark(tx, { status: "deleted" });
      expect(await records(tx)).toMatchObject([
        { event: "record", actor: "schedule", r2_key: KEY, target: "prod", code: "uploaded" },
        {
          event: "hold",
          actor: "manager@example.com",
          detail: { backup: { hold_reason: "auditoria", held_by: "manager@example.com" } },
        },
        { event: "mark", actor: "script", detail: { backup: { proof } } },
        { event: "mark", code: "restored" },
        { event: "mark", code: "deleted" },
      ]);
    },
  );

  trial("when a backup is downloaded, with the reason, or not at all", async (tx) => {
    const download = (reason: string | null) =>
      callAs(tx, "manager", "ops_db_backup_download", [KEY, reason]);
    expect(await outcomeOf(download("cópia"))).toBe("PT404 no_backup_found");
    await enter(tx);
    for (const reason of [null, " ", "x"]) {
      expect(await outcomeOf(download(reason))).toBe("PT400 reason_required");
    }
    const { sha256, bytes } = MANIFEST;
    expect(await download(" cópia para o auditor ")).toEqual({
      ...{ r2_bucket: "b", r2_key: KEY, target: "prod", sha256, bytes },
    });
    expect((await records(tx)).slice(1)).toMatchObject([{
      ...{ event: "download", actor: "manager@example.com", target: "prod", r2_key: KEY },
      detail: { reason: "cópia para o auditor", sha256, bytes },
    }]);
    await mark(tx, { status: "deleted" });
    expect(await outcomeOf(download("cópia"))).toBe("PT404 no_backup_found");
  });

  trial("for a refusal of any request", async (tx, id) => {
    await append(tx, {
      event: "refusal",
      actor: "ana@x.br",
      request_id: id,
      target: "prod",
      code: "forbidden",
      detail: { action: "restore" },
    });
    await append(tx, { event: "refusal", actor_id: "no uuid", request_id: 7, detail: "x".repeat(99_999) });
    const [first, second] = await records(tx);
    expect(first).toMatchObject({ event: "refusal", actor: "ana@x.br", request_id: id, code: "forbidden" });
    expect(second).toMatchObject({ actor_id: null, request_id: null });
    expect(JSON.stringify(second).length).toBeLessThan(17_000);
    for (const event of ["run", "hold", "download", "Two words", null]) {
      expect(await outcomeOf(append(tx, { event }))).toBe("PT400 invalid_payload");
    }
  });

  it("in commit order, by many concurrent writers without a deadlock", async () => {
    const writers = cluster.connect("audit", "postgres", 20);
    await Promise.all(Array.from({ length: 60 }, (_, index) =>
      writers.begin(async (tx) => {
        // two runs in each transaction, in opposite order: without a lock at the end they would deadlock
        const kinds = ["drill", "prune"];
        for (const kind of index % 2 === 0 ? kinds : kinds.reverse()) {
          await report(tx, "start", { request_id: randomUUID(), kind, target: "prod" });
        }
      })));
    const [row] = await sql.unsafe("select public.ops_db_backup_audit_verify() as verdict");
    expect(row?.verdict).toEqual({ ok: true, records: 120, broken_at: null });
    await sql.unsafe("alter table public.ops_db_backup_audit disable trigger user");
    await sql.unsafe("truncate public.ops_db_backup_runs, public.ops_db_backup_audit");
    await sql.unsafe(
      `alter table public.ops_db_backup_audit enable always trigger ops_db_backup_audit_keep_rows,
         enable always trigger ops_db_backup_audit_keep_all`,
    );
  });
});

describe("is append-only", () => {
  const statements = [
    "update public.ops_db_backup_audit set actor = 'x'",
    "delete from public.ops_db_backup_audit",
    "truncate public.ops_db_backup_audit",
  ];
  for (const role of ["origin", "replica"]) {
    trial(`even for the owner, in role ${role}`, async (tx, id) => {
      await report(tx, "start", { request_id: id, ...backupOf("prod") });
      await tx.unsafe(`set local session_replication_role = ${role}`);
      for (const statement of statements) {
        const tried = tx.savepoint((inner) => inner.unsafe(statement));
        expect(await outcomeOf(tried)).toMatch(/^42501/);
      }
    });
  }

  trial("also records while session_replication_role is replica", async (tx, id) => {
    await tx.unsafe("set local session_replication_role = replica");
    await report(tx, "start", { request_id: id, ...backupOf("prod") });
    expect(await records(tx)).toHaveLength(1);
  });
});

describe("what was verified", () => {
  const advance = async (tx: TransactionSql) => {
    const [row] = await tx.unsafe("select public.ops_db_backup_audit_advance() as verdict");
    return row?.verdict;
  };
  const add = async (tx: TransactionSql) => {
    for (let n = 0; n < 3; n++) await append(tx, { event: "refusal", actor: "ana", code: "forbidden" });
  };
  const tamper = async (tx: TransactionSql, statement: string) => {
    await tx.unsafe("alter table public.ops_db_backup_audit disable trigger user");
    await tx.unsafe(statement);
  };
  const later = (tx: TransactionSql, interval: string) =>
    tx.unsafe(`update public.ops_db_backup_audit_verified set whole_at = whole_at - interval '${interval}'`);
  const CHANGE = "update public.ops_db_backup_audit set record = replace(record, 'ana', 'bia') where seq = 2";

  trial("is counted and not read again for a day, and then as a whole", async (tx) => {
    await add(tx);
    expect(await advance(tx)).toEqual({ ok: true, records: 3, broken_at: null });
    await add(tx);
    await tamper(tx, CHANGE);
    expect(await check(tx)).toMatchObject({ ok: true, records: 6 });
    await later(tx, "13 hours");
    expect(await advance(tx)).toMatchObject({ ok: false, broken_at: { seq: 2 } });
    expect(await check(tx)).toMatchObject({ ok: false, broken_at: { seq: 2 } });
  });

  trial("is read as a whole where no script has done it for a day", async (tx) => {
    await add(tx);
    await advance(tx);
    await tamper(tx, CHANGE);
    await later(tx, "25 hours");
    expect(await check(tx)).toMatchObject({ ok: false, broken_at: { seq: 2 } });
  });

  trial("is found missing at once, and so is a change of what came after it", async (tx) => {
    await add(tx);
    await advance(tx);
    await add(tx);
    await tamper(tx, "select 1");
    const tried = async (statement: string) => {
      let verdict: unknown;
      await tx.savepoint(async (inner) => {
        await inner.unsafe(statement);
        verdict = await check(inner);
        throw new Error("rolled back");
      }).catch(() => {});
      return verdict;
    };
    const wrong = { ok: false };
    expect(await tried("delete from public.ops_db_backup_audit where seq = 1")).toMatchObject(wrong);
    expect(await tried("delete from public.ops_db_backup_audit where seq = 3")).toMatchObject(wrong);
    expect(await tried("update public.ops_db_backup_audit set actor = 'eva' where seq = 5"))
      .toMatchObject({ ...wrong, broken_at: { seq: 5 } });
  });
});

describe("a manual change is named", () => {
  const tampered: [what: string, statement: string, seq: number, why: RegExp][] = [
    [
      "a text",
      "update public.ops_db_backup_audit set record = replace(record, 'ana', 'bia') where seq = 2",
      2,
      /text/,
    ],
    ["a column", "update public.ops_db_backup_audit set actor = 'bia' where seq = 2", 2, /column/],
    [
      "a moment",
      "update public.ops_db_backup_audit set at = at + interval '1 second' where seq = 3",
      3,
      /column/,
    ],
    [
      "a text with a hash made to fit",
      `update public.ops_db_backup_audit set actor = 'bia', record = replace(record, 'ana', 'bia'),
              hash = public.ops_db_backup_audit_hash(prev_hash, replace(record, 'ana', 'bia')) where seq = 2`,
      3,
      /follow/,
    ],
    ["a record taken out", "delete from public.ops_db_backup_audit where seq = 2", 3, /record 2 is missing/],
    [
      "the first one taken out",
      "delete from public.ops_db_backup_audit where seq = 1",
      2,
      /record 1 is missing/,
    ],
  ];
  for (const [what, statement, seq, why] of tampered) {
    trial(what, async (tx) => {
      for (let n = 0; n < 4; n++) await append(tx, { event: "refusal", actor: "ana", code: "forbidden" });
      const lines = async () =>
        (await tx.unsafe("select record, prev_hash, hash from public.ops_db_backup_audit order by seq"))
          .map((row) => auditLineSchema.parse(row));
      const [first] = await lines();
      const chainId = first ? parseAuditRecord(first).chain_id : "none";
      expect(await checkChain(chainId, await lines())).toBeNull();
      await tx.unsafe("alter table public.ops_db_backup_audit disable trigger user");
      await tx.unsafe(statement);
      expect(await check(tx)).toMatchObject({
        ok: false,
        broken_at: { chain_id: chainId, seq, why: expect.stringMatching(why) },
      });
      // the scripts' check, which uses texts and hashes only, names it as well
      const found = await checkChain(chainId, await lines());
      if (!why.test("a column")) expect(found).not.toBeNull();
    });
  }
});

describe("the list", () => {
  trial("continues after a given record, and filters", async (tx, id) => {
    await request(tx, id, restoreInto("dev"));
    await report(tx, "start", { request_id: id, ...restoreInto("dev") });
    await report(tx, "finish", {
      request_id: id,
      status: "succeeded",
      result: { plan: { big: 1 }, rows: 2 },
    });
    await append(tx, { event: "refusal", code: "busy" });
    const list = (args: string) =>
      tx.savepoint(async (inner) => {
        await become(inner, "viewer");
        const rows = await inner.unsafe(`select * from public.ops_db_backup_audit_list(${args})`);
        await unbecome(inner);
        return rows;
      });
    const all = await list("");
    expect(all.map(({ seq }) => Number(seq))).toEqual([4, 3, 2, 1]);
    expect(all[1]?.detail.run.result).toEqual({ rows: 2 });
    const after = `p_limit => 2, p_after_chain_id => '${all[1]?.chain_id}', p_after_seq => 3`;
    expect((await list(after)).map(({ seq }) => Number(seq))).toEqual([2, 1]);
    expect(await list("p_event => 'refusal'")).toHaveLength(1);
    expect(await list(`p_request_id => '${id}'`)).toHaveLength(3);
    expect(await list(`p_r2_key => '${KEY}'`)).toHaveLength(3);
    expect(await outcomeOf(list("p_after_chain_id => null, p_after_seq => 3"))).toBe("PT400 invalid_payload");
  });
});

trial("a table that was dropped and created again begins another chain at record 1", async (tx) => {
  await append(tx, { event: "refusal" });
  const [before] = await records(tx);
  await tx.unsafe("drop table public.ops_db_backup_audit");
  await migrate(tx);
  await append(tx, { event: "refusal" });
  const [after] = await records(tx);
  expect(after?.seq).toBe(1);
  expect(after?.chain_id).not.toBe(before?.chain_id);
});
