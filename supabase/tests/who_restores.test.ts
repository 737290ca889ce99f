/** Who may act on the database of all companies: operators, the right to restore, the second factor, the second user. */
import { randomUUID } from "node:crypto";
import type { JSONValue, Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APPROVAL_VALID_MS, HOLD_LONGEST_MS } from "@backup/service_levels.ts";
import { asCaller, become, outcomeOf, TestCluster, unbecome, userId } from "./cluster.ts";
import {
  backupOf,
  callAs,
  KEY,
  report,
  request,
  restoreInto,
  restoreOfProd,
  runOf,
  statusOf,
} from "./run_calls.ts";

const OTHER = userId("open company");
const MANIFEST = {
  kind: "supabase_db_backup",
  target: "prod",
  mode: "full",
  created_at_utc: "2026-01-15T03:10:22Z",
  file: KEY.split("/")[5],
  sha256: "a".repeat(64),
  bytes: 1234,
};

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("who");
  // a second user with every right and a company, as manager has
  await sql.unsafe(`insert into public.usuario_empresa_ativa (user_id, empresa_id)
    values ('${userId("undecided")}', '${OTHER}')`);
});
afterAll(() => cluster.stop());

/** A test inside a transaction that is rolled back. */
function trial(name: string, work: (tx: TransactionSql, id: string) => Promise<void>): void {
  it(name, () =>
    asCaller(sql, "owner", async (tx) => {
      await tx.unsafe("select public.ops_db_backup_record($1::text::jsonb)", [
        JSON.stringify({ r2_bucket: "b", r2_key: KEY, manifest: MANIFEST }),
      ]);
      await work(tx, randomUUID());
    }));
}

async function set(tx: TransactionSql, name: string, value: unknown): Promise<void> {
  await tx.unsafe(
    `insert into public.ops_db_backup_settings values ($1, $2::text::jsonb)
     on conflict (name) do update set value = excluded.value`,
    [name, JSON.stringify(value)],
  );
}

describe("the setting operators", () => {
  const own = { companies: [userId("open company")], users: [] };
  const others = { companies: [userId("closed company")], users: [] };

  trial("unset, lets an admin of any company act", async (tx, id) => {
    expect((await request(tx, id, backupOf("prod"))).created).toBe(true);
  });

  trial("refuses every action of an admin of another company", async (tx, id) => {
    const order = await restoreOfProd(tx);
    const held = randomUUID();
    await request(tx, held, backupOf("dev"));
    await set(tx, "operators", others);
    const call = (name: string, args: (string | null)[]) => outcomeOf(callAs(tx, "manager", name, args));
    const refused = "PT403 not_operator";
    expect(await outcomeOf(request(tx, id, backupOf("prod")))).toBe(refused);
    expect(await outcomeOf(request(tx, id, order))).toBe(refused);
    expect(await call("ops_db_backup_hold", [KEY, "2100-01-01T00:00:00Z", "x"])).toBe(refused);
    expect(await call("ops_db_backup_run_dispatched", [held])).toBe(refused);
    expect(await call("ops_db_backup_run_not_dispatched", [held, "github_error"])).toBe(refused);
    expect(await call("ops_db_backup_run_settle", [held, "failed"])).toBe(refused);
    expect(await call("ops_db_backup_decide", [id, "true"])).toBe(refused);
    expect(await callAs(tx, "manager", "ops_db_backup_permissions", [])).toMatchObject({
      view: true,
      manage: false,
      restore: false,
    });
    expect(await statusOf(tx, id)).toBe("absent");
  });

  trial("lets its companies' members and its users act", async (tx, id) => {
    await set(tx, "operators", own);
    expect((await request(tx, id, backupOf("prod"))).created).toBe(true);
    await set(tx, "operators", { companies: [], users: [userId("manager")] });
    expect((await request(tx, randomUUID(), backupOf("dev"))).created).toBe(true);
    expect(await outcomeOf(request(tx, randomUUID(), backupOf("verify"), "undecided"))).toBe(
      "PT403 not_operator",
    );
  });

  trial("is counted against the companies that may act", async (tx) => {
    const state = async () => {
      const [row] = await tx.unsafe("select public.ops_db_backup_control_state() as state");
      return row?.state;
    };
    expect(await state()).toMatchObject({ operators_named: false, acting_companies: 2 });
    await set(tx, "operators", own);
    expect(await state()).toMatchObject({ operators_named: true });
    await tx.unsafe("alter table public.papel_permissoes rename column acao to verbo");
    expect(await state()).toMatchObject({ acting_companies: null });
  });

  trial("refuses a value that names nothing, and an unknown setting", async (tx) => {
    const wrong = [{}, { companies: "x", users: [] }, { companies: ["x"], users: [] }, {
      companies: [1],
      users: [],
    }];
    for (const value of wrong) {
      expect(await outcomeOf(tx.savepoint((inner) => set(inner, "operators", value)))).toBe("23514");
    }
    expect(await outcomeOf(tx.savepoint((inner) => set(inner, "restore_aproval", "two-person")))).toBe(
      "23514",
    );
    expect(await outcomeOf(tx.savepoint((inner) => set(inner, "restore_approval", "2")))).toBe("23514");
  });

  trial("is audited", async (tx) => {
    await tx.unsafe("set constraints all immediate");
    await set(tx, "operators", own);
    await tx.unsafe("delete from public.ops_db_backup_settings");
    const records = await tx.unsafe(
      "select code, record::jsonb -> 'detail' as detail from public.ops_db_backup_audit where event = 'setting' order by seq",
    );
    expect(records).toEqual([
      { code: "operators", detail: { old: null, new: own } },
      { code: "operators", detail: { old: own, new: null } },
    ]);
  });
});

describe("the setting restore_right", () => {
  trial("makes restores a right of their own", async (tx, id) => {
    await set(tx, "restore_right", "restore");
    const order = await restoreOfProd(tx);
    expect(await outcomeOf(request(tx, id, order))).toBe("42501 forbidden");
    expect((await request(tx, randomUUID(), backupOf("dev"))).created).toBe(true);
    await tx.unsafe("insert into public.papel_permissoes values (md5('reader')::uuid, 'ops', 'restore')");
    // viewer restores and follows, and makes no backups
    expect((await request(tx, id, order, "viewer")).created).toBe(true);
    expect(await callAs(tx, "viewer", "ops_db_backup_run_dispatched", [id])).toMatchObject({
      status: "queued",
    });
    expect(await outcomeOf(request(tx, randomUUID(), backupOf("verify"), "viewer"))).toBe("42501 forbidden");
  });
});

describe("the setting restore_assurance", () => {
  trial("aal2 refuses prod without a second factor", async (tx, id) => {
    await set(tx, "restore_assurance", "aal2");
    const order = await restoreOfProd(tx);
    expect(await outcomeOf(request(tx, id, order))).toBe("PT403 second_factor_required");
    expect(await outcomeOf(callAs(tx, "manager", "ops_db_backup_download", [KEY, "cópia"]))).toBe(
      "PT403 second_factor_required",
    );
    expect((await request(tx, randomUUID(), restoreInto("dev"))).created).toBe(true);
    const claims = {
      role: "authenticated",
      sub: userId("manager"),
      email: "manager@example.com",
      aal: "aal2",
    };
    await tx.unsafe(
      "update public.ops_db_backup_runs set status = 'failed', finished_at = now() where status = 'queued'",
    );
    await tx.unsafe(
      "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
      [
        JSON.stringify(claims),
      ],
    );
    const [row] = await tx.unsafe(
      "select public.ops_db_backup_run_request('restore', 'prod', null, null, $1, $2, $3, $4) as answer",
      [
        KEY,
        order.reason ?? null,
        id,
        order.plan_request_id ?? null,
      ],
    );
    await unbecome(tx);
    expect(row?.answer).toMatchObject({ created: true });
  });
});

describe("the setting restore_approval two-person", () => {
  let order: Awaited<ReturnType<typeof restoreOfProd>>;
  const prepared = (name: string, work: (tx: TransactionSql, id: string) => Promise<void>) =>
    trial(name, async (tx, id) => {
      await set(tx, "restore_approval", "two-person");
      order = await restoreOfProd(tx);
      await work(tx, id);
    });
  const ask = async (
    tx: TransactionSql,
    id: string,
    changes: { reason?: string; r2_key?: string; plan_request_id?: string; options?: JSONValue } = {},
    caller: "manager" | "undecided" = "manager",
  ) => {
    const { reason, r2_key, plan_request_id, options = {} } = { ...order, ...changes };
    const args = ["restore", "prod", null, null, r2_key ?? null, reason ?? null, id, plan_request_id ?? null];
    return await callAs(tx, caller, "ops_db_backup_run_request", [...args, options]);
  };
  const decide = (
    tx: TransactionSql,
    id: string,
    approve = true,
    caller: "manager" | "undecided" | "viewer" = "undecided",
  ) => callAs(tx, caller, "ops_db_backup_decide", [id, approve]);
  const start = (tx: TransactionSql, id: string, more: object = {}) =>
    report(tx, "start", { request_id: id, ...restoreInto("prod"), github_run_id: 7, ...more });
  const later = (tx: TransactionSql, id: string) =>
    tx.unsafe(
      `update public.ops_db_backup_approvals set requested_at = requested_at - interval '${
        APPROVAL_VALID_MS + 1000
      } ms'
        where request_id = $1`,
      [id],
    );
  const REFUSED = "PT409 approval_refused";

  prepared("lets a request wait: no run, and no start at GitHub", async (tx, id) => {
    expect(await ask(tx, id)).toMatchObject({ created: false, run: null, approval: { request_id: id } });
    expect(await ask(tx, id)).toMatchObject({ created: false, run: null });
    expect(await runOf(tx, id)).toBeUndefined();
    expect(await outcomeOf(start(tx, id))).toBe("PT403 request_required");
  });

  prepared("requests the run once a second user approved, for one start", async (tx, id) => {
    await ask(tx, id);
    expect(await callAs(tx, "undecided", "ops_db_backup_control", [])).toMatchObject({
      restore_approval: "two-person",
      waiting: [{
        request_id: id,
        r2_key: KEY,
        sha256: MANIFEST.sha256,
        is_own: false,
        requested_by: "manager@example.com",
      }],
    });
    expect(await decide(tx, id)).toMatchObject({ waiting: [] });
    expect(await callAs(tx, "manager", "ops_db_backup_control", [])).toMatchObject({
      waiting: [{ decision: "approved", is_own: true }],
    });
    expect(await ask(tx, id)).toMatchObject({ created: true, run: { requested_by: "manager@example.com" } });
    expect(await start(tx, id)).toMatchObject({ status: "running" });
    await report(tx, "finish", { request_id: id, attempt: 1, status: "failed" });
    expect(await outcomeOf(start(tx, id, { attempt: 2 }))).toBe("PT403 approval_required");
  });

  prepared("refuses the requester, and a user without the right", async (tx, id) => {
    await ask(tx, id);
    expect(await outcomeOf(decide(tx, id, true, "manager"))).toBe("PT403 approval_own");
    expect(await outcomeOf(decide(tx, id, true, "viewer"))).toBe("42501 forbidden");
    expect(await ask(tx, id)).toMatchObject({ created: false, run: null });
  });

  prepared("refuses a decision that is repeated, late or of nothing", async (tx, id) => {
    await ask(tx, id);
    await decide(tx, id, false);
    expect(await outcomeOf(decide(tx, id))).toBe(REFUSED);
    expect(await outcomeOf(ask(tx, id))).toBe(REFUSED);
    const late = randomUUID();
    await ask(tx, late);
    await later(tx, late);
    expect(await outcomeOf(decide(tx, late))).toBe(REFUSED);
    expect(await outcomeOf(decide(tx, randomUUID()))).toBe("PT404 run_not_found");
  });

  prepared("binds the approval to requester, backup, content, reason and plan", async (tx, id) => {
    await ask(tx, id);
    await decide(tx, id);
    const key = KEY.replaceAll("15", "16");
    for (const change of [{ reason: "outra coisa" }, { r2_key: key }, { plan_request_id: randomUUID() }]) {
      expect(await outcomeOf(ask(tx, id, change))).toBe("PT409 request_id_reused");
    }
    expect(await outcomeOf(ask(tx, id, {}, "undecided"))).toBe("PT409 request_id_reused");
    await tx.unsafe("update public.ops_db_backups set sha256 = repeat('b', 64)");
    expect(await outcomeOf(ask(tx, id))).toBe(REFUSED);
  });

  prepared(
    "binds the approval to the options of the request, and to the others as its plan had them",
    async (tx, id) => {
      await tx.unsafe(
        `update public.ops_db_backup_runs set options = '{"privileges_from": "newest", "allow_unsigned": "x"}'
        where request_id = $1`,
        [order.plan_request_id ?? null],
      );
      const chosen = { end_sessions: true };
      await ask(tx, id, { options: chosen });
      expect(await callAs(tx, "undecided", "ops_db_backup_control", [])).toMatchObject({
        waiting: [{ options: { end_sessions: true, privileges_from: "newest" } }],
      });
      await decide(tx, id);
      expect(await outcomeOf(ask(tx, id))).toBe("PT409 request_id_reused");
      await ask(tx, id, { options: chosen });
      const bound = { ...chosen, privileges_from: "newest" };
      for (
        const options of [
          {},
          chosen,
          { ...bound, salvage: true },
          { ...bound, confirm_source: "dev" },
          { ...bound, privileges_from: "revo/x" },
        ]
      ) expect(await outcomeOf(start(tx, id, { options }))).toBe("PT403 approval_required");
      expect(await start(tx, id, { options: bound })).toMatchObject({ status: "running" });
    },
  );

  prepared(
    "binds the backup that the plan found as the newest: the screen names it, a setting does not",
    async (tx, id) => {
      await tx.unsafe(
        `update public.ops_db_backup_runs set options = '{"privileges_from": "newest"}',
           result = '{"plan": {"access": {"from": "revo/a"}}}' where request_id = $1`,
        [order.plan_request_id ?? null],
      );
      const found = { privileges_from: "revo/a" };
      await ask(tx, id);
      expect(await callAs(tx, "undecided", "ops_db_backup_control", [])).toMatchObject({
        waiting: [{ options: found }],
      });
      await decide(tx, id);
      await ask(tx, id);
      const starts = async (options: object) => {
        let started = false;
        await tx.savepoint(async (inner) => {
          await start(inner, id, { options });
          started = true;
          throw new Error("undone");
        }).catch(() => {});
        return started;
      };
      expect(await starts(found)).toBe(true);
      expect(await starts({ privileges_from: "newest" })).toBe(true);
      expect(await starts({ privileges_from: "revo/b" })).toBe(false);
      expect(await starts({})).toBe(false);
    },
  );

  prepared("takes no options that a request does not have", async (tx, id) => {
    for (const options of [{ salvage: true }, ["end_sessions"], { confirm_source: "x".repeat(2000) }]) {
      expect(await outcomeOf(ask(tx, id, { options }))).toBe("PT400 invalid_payload");
    }
  });

  prepared(
    "judges an approved restore by its approval while the break-glass variable is set",
    async (tx, id) => {
      const glass = { break_glass: true, reason: "variável esquecida" };
      await ask(tx, id);
      await decide(tx, id);
      await ask(tx, id);
      await start(tx, id, glass);
      expect(await runOf(tx, id)).toMatchObject({ break_glass: null, reason: order.reason });
      const [approval] = await tx.unsafe(
        "select used_at is not null as used from public.ops_db_backup_approvals where request_id = $1",
        [id],
      );
      expect(approval).toEqual({ used: true });
      await report(tx, "finish", { request_id: id, attempt: 1, status: "failed" });
      await start(tx, id, { ...glass, attempt: 2 });
      expect(await runOf(tx, id)).toMatchObject({ break_glass: true, reason: glass.reason });
    },
  );

  prepared(
    "refuses an approval that was not used in time, or whose archive changed before the start",
    async (tx, id) => {
      await ask(tx, id);
      await decide(tx, id);
      await later(tx, id);
      expect(await outcomeOf(ask(tx, id))).toBe(REFUSED);
      const other = randomUUID();
      await ask(tx, other);
      await decide(tx, other);
      await ask(tx, other);
      await tx.unsafe("update public.ops_db_backups set sha256 = repeat('b', 64)");
      expect(await outcomeOf(start(tx, other))).toBe("PT403 approval_required");
    },
  );

  prepared("refuses a run that was requested before the setting", async (tx, id) => {
    await tx.unsafe("delete from public.ops_db_backup_settings");
    await request(tx, id, order);
    await set(tx, "restore_approval", "two-person");
    expect(await outcomeOf(start(tx, id))).toBe("PT403 approval_required");
  });

  prepared("writes request, decision and use into the audit", async (tx, id) => {
    await tx.unsafe("set constraints all immediate");
    await ask(tx, id);
    await decide(tx, id);
    await ask(tx, id);
    await start(tx, id);
    const records = await tx.unsafe(
      "select actor, code from public.ops_db_backup_audit where event = 'approval' and request_id = $1 order by seq",
      [id],
    );
    expect(records).toEqual([
      { actor: "manager@example.com", code: "requested" },
      { actor: "undecided@example.com", code: "approved" },
      { actor: "script", code: "used" },
    ]);
    const forged = JSON.stringify({ event: "approval", actor: "undecided@example.com" });
    expect(
      await outcomeOf(
        tx.savepoint((inner) =>
          inner.unsafe("select public.ops_db_backup_audit_append($1::text::jsonb)", [forged])
        ),
      ),
    )
      .toBe("PT400 invalid_payload");
  });
});

describe("drills and plans", () => {
  trial("are limited on each target", async (tx) => {
    for (const [kind, most] of [["drill", 4], ["plan", 8]] as const) {
      const order = { kind, target: "dev", mode: null, r2_key: KEY };
      const ids = Array.from({ length: most }, () => randomUUID());
      for (const id of ids) expect((await request(tx, id, order)).created).toBe(true);
      expect(await outcomeOf(request(tx, randomUUID(), order))).toBe("PT409 busy");
      expect((await request(tx, ids[0] ?? "", order)).created).toBe(false);
      expect((await request(tx, randomUUID(), { ...order, target: "verify" })).created).toBe(true);
      await report(tx, "start", { request_id: ids[0], ...order });
      await report(tx, "finish", { request_id: ids[0], status: "succeeded" });
      expect((await request(tx, randomUUID(), order)).created).toBe(true);
    }
  });
});

it("counts parallel requests of drills one after the other", async () => {
  const order = { kind: "drill", target: "verify", mode: null, r2_key: KEY };
  const callers = Array.from({ length: 6 }, () => cluster.connect("who"));
  const outcomes = await Promise.all(
    callers.map((each) => outcomeOf(each.begin((tx) => request(tx, randomUUID(), order)))),
  );
  expect(outcomes.sort()).toEqual(["PT409 busy", "PT409 busy", "ok", "ok", "ok", "ok"]);
  await sql.unsafe("delete from public.ops_db_backup_runs");
});

describe("a run's address", () => {
  const address = (tx: TransactionSql, id: string, number: number, url: string) =>
    callAs(tx, "manager", "ops_db_backup_run_dispatched", [id, number, url]);
  const own = "https://github.com/o/r/actions/runs/7";

  trial("is kept only when it is the run's page in the repository whose script began last", async (tx) => {
    const attempts = [
      "https://evil.example/o/r/actions/runs/7",
      "https://github.com/o/r/actions/runs/8",
      "https://github.com/evil/r/actions/runs/7",
      "https://github.com/o/r/actions/runs/7?x=/7",
      "https://github.com/o/r/../../evil/r/actions/runs/7",
    ];
    await report(tx, "start", {
      request_id: randomUUID(),
      ...backupOf("prod"),
      github_run_id: 7,
      run_url: own,
    });
    for (const url of attempts) {
      const id = randomUUID();
      await request(tx, id, { kind: "plan", target: "dev", mode: null, r2_key: KEY });
      expect(await address(tx, id, 7, url), url).toMatchObject({ run_url: null });
    }
    const id = randomUUID();
    await request(tx, id, { kind: "plan", target: "dev", mode: null, r2_key: KEY });
    expect(await address(tx, id, 7, own)).toMatchObject({ run_url: own });
  });

  trial("of an unsigned manifest is kept only in the own repository", async (tx) => {
    await report(tx, "start", {
      request_id: randomUUID(),
      ...backupOf("prod"),
      github_run_id: 7,
      run_url: own,
    });
    const record = async (more: object) => {
      const value = {
        r2_bucket: "b",
        r2_key: KEY,
        manifest: MANIFEST,
        run_url: "https://evil.example/",
        ...more,
      };
      const [row] = await tx.unsafe(
        "select public.ops_db_backup_record($1::text::jsonb) ->> 'run_url' as url",
        [
          JSON.stringify(value),
        ],
      );
      return row?.url;
    };
    expect(await record({ signed_by: null })).toBeNull();
    expect(await record({ signed_by: null, run_url: own })).toBe(own);
  });
});

describe("a hold", () => {
  const hold = (tx: TransactionSql, until: string) =>
    outcomeOf(tx.savepoint(async (inner) => {
      await become(inner, "manager");
      await inner.unsafe(`select public.ops_db_backup_hold('${KEY}', '${until}', 'auditoria')`);
      await unbecome(inner);
    }));

  trial("is refused beyond its longest time", async (tx) => {
    expect(await hold(tx, "294000-01-01T00:00:00Z")).toBe("PT400 invalid_payload");
    expect(await hold(tx, new Date(Date.now() + HOLD_LONGEST_MS + 60_000).toISOString())).toBe(
      "PT400 invalid_payload",
    );
    expect(await hold(tx, new Date(Date.now() + HOLD_LONGEST_MS - 60_000).toISOString())).toBe("ok");
  });
});
