/** The life cycle of a run: requested, dispatched, started, ended. */
import { randomUUID } from "node:crypto";
import type { Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asCaller, become, outcomeOf, TestCluster } from "./cluster.ts";
import {
  RUN_NOT_BEGUN_AFTER_MS,
  RUN_SILENT_AFTER_MS,
  RUN_UNCONFIRMED_AFTER_MS,
  SETTLE_AFTER_SILENCE_MS,
} from "@backup/service_levels.ts";
import {
  age,
  backupOf,
  callAsManager,
  KEY,
  report,
  request,
  restoreInto,
  restoreOfProd,
  runOf,
  statusOf,
} from "./run_calls.ts";

const REUSED = "PT409 request_id_reused";
const BUSY = "PT409 busy";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("runs");
});
afterAll(() => cluster.stop());

/** A test inside a transaction that is rolled back. */
function trial(name: string, work: (tx: TransactionSql, id: string) => Promise<void>): void {
  it(name, () => asCaller(sql, "owner", (tx) => work(tx, randomUUID())));
}

describe("a request", () => {
  trial("is stored with its parameters, requester and reason", async (tx, id) => {
    const { created, run } = await request(tx, id, {
      ...backupOf("prod"),
      label: "antes_2.0",
      reason: " virada ",
    });
    expect(created).toBe(true);
    expect(run).toMatchObject({
      request_id: id,
      kind: "backup",
      target: "prod",
      mode: "full",
      label: "antes_2.0",
      reason: "virada",
      status: "queued",
      requested_by: "manager@example.com",
      started_at: null,
    });
  });

  trial("with the same id returns the same run", async (tx, id) => {
    const first = await request(tx, id, restoreInto("dev"));
    expect(await request(tx, id, restoreInto("dev"))).toEqual({ created: false, run: first.run });
  });

  trial("with the same id returns the same run after its key was set", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    await report(tx, "start", { request_id: id, ...backupOf("prod"), github_run_id: 1 });
    await report(tx, "finish", { request_id: id, status: "succeeded", r2_key: KEY });
    const again = await request(tx, id, backupOf("prod"));
    expect([again.created, again.run.status, again.run.r2_key]).toEqual([false, "succeeded", KEY]);
  });

  trial("without an id gets one", async (tx) => {
    expect((await request(tx, null, backupOf("dev"))).run.request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  trial("with a used id is refused for different parameters and for another user", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    expect(await outcomeOf(request(tx, id, backupOf("dev")))).toBe(REUSED);
    expect(await outcomeOf(request(tx, id, { ...backupOf("prod"), label: "x" }))).toBe(REUSED);
    const other = randomUUID();
    await report(tx, "start", { request_id: other, ...backupOf("verify") });
    expect(await outcomeOf(request(tx, other, backupOf("verify")))).toBe(REUSED);
  });

  const wrong = [
    ["an unknown kind", { ...backupOf("prod"), kind: "prune" }, "invalid_payload"],
    ["an unknown target", backupOf("staging"), "invalid_payload"],
    ["an unknown mode", { ...backupOf("prod"), mode: "data-only" }, "invalid_payload"],
    ["a backup without a mode", { ...backupOf("prod"), mode: null }, "invalid_payload"],
    ["a backup with a key", { ...backupOf("prod"), r2_key: KEY }, "invalid_payload"],
    ["a label with a slash", { ...backupOf("prod"), label: "a/b" }, "invalid_label"],
    ["a label of 41 letters", { ...backupOf("prod"), label: "a".repeat(41) }, "invalid_label"],
    ["a plan without a key", { ...restoreInto("dev"), kind: "plan", r2_key: undefined }, "invalid_r2_key"],
    ["a restore without a key", { ...restoreInto("dev"), r2_key: undefined }, "invalid_r2_key"],
    ["a key outside the vault", { ...restoreInto("dev"), r2_key: `../${KEY}` }, "invalid_r2_key"],
    [
      "a key of two targets",
      { ...restoreInto("dev"), r2_key: KEY.replace("/prod/", "/dev/") },
      "invalid_r2_key",
    ],
    ["a key of two days", { ...restoreInto("dev"), r2_key: KEY.replace("/15/", "/16/") }, "invalid_r2_key"],
    [
      "a manifest's key",
      { ...restoreInto("dev"), r2_key: KEY.replace("dump.gz", "manifest.json") },
      "invalid_r2_key",
    ],
  ] as const;
  for (const [what, order, code] of wrong) {
    trial(`refuses ${what} and writes nothing`, async (tx, id) => {
      expect(await outcomeOf(request(tx, id, order))).toBe(`PT400 ${code}`);
      expect(await statusOf(tx, id)).toBe("absent");
    });
  }
});

describe("a restore that names its plan", () => {
  const OTHER_KEY = "revo/prod/2026/01/14/supabase_prod_20260114_031022.dump.gz";
  const planFor = (target: string) => ({ ...restoreInto(target), kind: "plan" });

  /** A plan with that end, and its request id. */
  async function plan(tx: TransactionSql, status = "succeeded", minutesAgo = 0): Promise<string> {
    const id = randomUUID();
    await report(tx, "start", { request_id: id, requested_by: "manager@example.com", ...planFor("prod") });
    await report(tx, "finish", { request_id: id, status, result: { plan: { obstacles: [] } } });
    await tx.unsafe(
      "update public.ops_db_backup_runs set finished_at = finished_at - $2 * interval '1 minute' where request_id = $1",
      [id, minutesAgo],
    );
    return id;
  }

  /** The reason in the DETAIL of a refusal. */
  async function whyNot(tx: TransactionSql, plan_request_id: string, order: object): Promise<unknown> {
    const refused = await request(tx, randomUUID(), {
      ...restoreInto("prod"),
      reason: "migração errada",
      ...order,
      plan_request_id,
    })
      .catch((error: unknown) => Object(error));
    expect(refused).toMatchObject({ code: "PT409", hint: "plan_required" });
    return JSON.parse(refused.detail).why;
  }

  trial("stores its plan, and returns the same restore when it is requested again later", async (tx, id) => {
    const plan_request_id = await plan(tx, "succeeded", 29);
    const order = { ...restoreInto("prod"), reason: "migração errada", plan_request_id };
    expect((await request(tx, id, order)).run.plan_request_id).toBe(plan_request_id);
    await tx.unsafe(
      "update public.ops_db_backup_runs set finished_at = finished_at - interval '1 hour' where request_id = $1",
      [plan_request_id],
    );
    expect((await request(tx, id, order)).created).toBe(false);
    expect(await outcomeOf(request(tx, id, { ...order, reason: "outro" }))).toBe(REUSED);
  });

  trial("is refused without a valid plan", async (tx) => {
    const good = await plan(tx);
    expect(await whyNot(tx, randomUUID(), {})).toBe("unknown");
    expect(await whyNot(tx, good, { target: "dev" })).toBe("other_target");
    expect(await whyNot(tx, good, { r2_key: OTHER_KEY })).toBe("other_backup");
    expect(await whyNot(tx, await plan(tx, "failed"), {})).toBe("not_succeeded");
    expect(await whyNot(tx, await plan(tx, "succeeded", 31), {})).toBe("too_old");
    const restored = randomUUID();
    await report(tx, "start", { request_id: restored, ...restoreInto("prod") });
    await report(tx, "finish", { request_id: restored, status: "succeeded" });
    expect(await whyNot(tx, restored, {})).toBe("unknown");
  });

  trial(
    "into prod is refused without a reason and without a plan, with and without a request id",
    async (tx, id) => {
      const { reason, plan_request_id, ...bare } = await restoreOfProd(tx);
      for (const requestId of [id, null]) {
        expect(await outcomeOf(request(tx, requestId, bare))).toBe("PT400 reason_required");
        for (const none of [" ", "x"]) {
          expect(await outcomeOf(request(tx, requestId, { ...bare, reason: none, plan_request_id }))).toBe(
            "PT400 reason_required",
          );
        }
        expect(await outcomeOf(request(tx, requestId, { ...bare, reason }))).toBe("PT409 plan_required");
      }
      expect(await outcomeOf(request(tx, id, restoreInto("dev")))).toBe("ok");
    },
  );

  trial("only a restore may name a plan, and only the schedule may prune", async (tx, id) => {
    const order = { ...backupOf("prod"), plan_request_id: randomUUID() };
    expect(await outcomeOf(request(tx, id, order))).toBe("PT400 invalid_payload");
    expect(await outcomeOf(report(tx, "start", { request_id: id, kind: "prune", target: "prod" }))).toBe(
      "ok",
    );
  });
});

describe("the lock", () => {
  trial("is held per target by a backup or a restore, and names its holder", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    const refusal = await request(tx, randomUUID(), await restoreOfProd(tx)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "PT409", hint: "busy" });
    expect(JSON.parse(String(Reflect.get(Object(refusal), "detail")))).toMatchObject({
      kind: "backup",
      target: "prod",
      status: "queued",
      requested_by: "manager@example.com",
      request_id: id,
    });
    expect(await outcomeOf(request(tx, randomUUID(), backupOf("dev")))).toBe("ok");
  });

  trial("permits one restore at a time over all targets", async (tx, id) => {
    await request(tx, id, restoreInto("dev"));
    expect(await outcomeOf(request(tx, randomUUID(), restoreInto("verify")))).toBe(BUSY);
    expect(await outcomeOf(request(tx, randomUUID(), backupOf("verify")))).toBe("ok");
  });

  trial("is not taken by drills, plans and prunes", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    for (const kind of ["drill", "plan", "prune"]) {
      const run = { request_id: randomUUID(), kind, target: "prod", r2_key: KEY, requested_by: "agendado" };
      expect((await report(tx, "start", run)).status).toBe("running");
    }
    expect(await outcomeOf(request(tx, randomUUID(), { ...restoreInto("prod"), kind: "plan" }))).toBe("ok");
  });

  trial("is also taken by scripts without a request", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    expect(await outcomeOf(report(tx, "start", { request_id: randomUUID(), ...backupOf("prod") }))).toBe(
      BUSY,
    );
  });

  for (const status of ["succeeded", "failed", "cancelled"]) {
    trial(`goes when its run has ${status}`, async (tx, id) => {
      await request(tx, id, backupOf("prod"));
      await report(tx, "finish", { request_id: id, status });
      expect(await outcomeOf(request(tx, randomUUID(), backupOf("prod")))).toBe("ok");
    });
  }

  /** How each state of a run is reached, and how long it may be silent in it. */
  const SILENT_STATES: [
    state: string,
    limitMs: number,
    reach: (tx: TransactionSql, id: string) => Promise<unknown>,
  ][] = [
    ["queued, not confirmed by GitHub", RUN_UNCONFIRMED_AFTER_MS, async () => {}],
    [
      "unknown, not confirmed by GitHub",
      RUN_UNCONFIRMED_AFTER_MS,
      (tx, id) => callAsManager(tx, "not_dispatched", id, "github_unclear", "timed out", true),
    ],
    ["queued at GitHub", RUN_NOT_BEGUN_AFTER_MS, (tx, id) => callAsManager(tx, "dispatched", id, 77, null)],
    [
      "running",
      RUN_SILENT_AFTER_MS,
      (tx, id) => report(tx, "start", { request_id: id, ...backupOf("prod") }),
    ],
  ];
  for (const [state, limitMs, reach] of SILENT_STATES) {
    trial(`of a run that is ${state} is held until its limit and free after it`, async (tx, id) => {
      await request(tx, id, backupOf("prod"));
      await reach(tx, id);
      const scheduled = { request_id: randomUUID(), ...backupOf("prod"), requested_by: "schedule" };
      await age(tx, id, `${limitMs - 30_000} ms`);
      expect(await outcomeOf(request(tx, randomUUID(), backupOf("prod")))).toBe(BUSY);
      expect(await outcomeOf(report(tx, "start", scheduled))).toBe(BUSY);
      await age(tx, id, "60 s");
      expect(await outcomeOf(report(tx, "start", scheduled))).toBe("ok");
      expect(await statusOf(tx, id)).toBe("lost");
    });
  }

  trial(
    "is taken from a run that GitHub did not confirm, and the watch ends that run",
    async (tx, id) => {
      await request(tx, id, backupOf("prod"));
      await age(tx, id, `${RUN_UNCONFIRMED_AFTER_MS + 1000} ms`);
      await tx.unsafe("select public.ops_db_backup_watch_facts('prod')");
      expect(await runOf(tx, id)).toMatchObject({
        status: "lost",
        error_code: "run_lost",
        error_message: "GitHub did not confirm the run within 10 minutes",
      });
    },
  );
});

describe("a run that was given up before it began", () => {
  async function giveUp(tx: TransactionSql, id: string, order: Parameters<typeof request>[2]): Promise<void> {
    await request(tx, id, order);
    await age(tx, id, `${RUN_UNCONFIRMED_AFTER_MS + 1000} ms`);
    await tx.unsafe("select public.ops_db_backup_runs_expire()");
    expect(await statusOf(tx, id)).toBe("lost");
  }

  trial("begins if its script starts late and the target is free", async (tx, id) => {
    await giveUp(tx, id, backupOf("prod"));
    expect((await report(tx, "start", { request_id: id, ...backupOf("prod"), github_run_id: 7 })).status)
      .toBe(
        "running",
      );
  });

  trial("is refused if another run holds the target", async (tx, id) => {
    await giveUp(tx, id, backupOf("prod"));
    await report(tx, "start", { request_id: randomUUID(), ...backupOf("prod") });
    expect(await outcomeOf(report(tx, "start", { request_id: id, ...backupOf("prod") }))).toBe(BUSY);
  });

  trial("is refused if it is a restore, which may have been requested again meanwhile", async (tx, id) => {
    await giveUp(tx, id, restoreInto("dev"));
    expect(await outcomeOf(report(tx, "start", { request_id: id, ...restoreInto("dev") }))).toBe(REUSED);
  });
});

describe("the script's own report of the end", () => {
  const SETTLED = ["failed", "cancelled", "lost"] as const;
  for (const settled of SETTLED) {
    trial(`replaces ${settled}, written while the script lived`, async (tx, id) => {
      await report(tx, "start", { request_id: id, ...backupOf("prod"), github_run_id: 7 });
      await age(tx, id, `${SETTLE_AFTER_SILENCE_MS + 5000} ms`);
      expect((await callAsManager(tx, "settle", id, settled, "workflow_failed", "lost contact")).status).toBe(
        settled,
      );
      const end = { request_id: id, status: "succeeded", r2_key: KEY, error_code: null, error_message: null };
      expect(await report(tx, "finish", end)).toMatchObject({
        status: "succeeded",
        r2_key: KEY,
        error_code: null,
        error_message: null,
      });
    });
  }

  trial("is final: a second end changes nothing", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...backupOf("prod") });
    await report(tx, "finish", { request_id: id, status: "failed", error_code: "dump_failed" });
    expect(await report(tx, "finish", { request_id: id, status: "succeeded" })).toMatchObject({
      status: "failed",
      error_code: "dump_failed",
    });
    expect((await callAsManager(tx, "settle", id, "lost", "run_lost", null)).status).toBe("failed");
  });

  trial("does not revive a run that was cancelled before it began", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    await callAsManager(tx, "settle", id, "cancelled", "run_cancelled", null);
    expect(await outcomeOf(report(tx, "start", { request_id: id, ...backupOf("prod") }))).toBe(REUSED);
    expect((await report(tx, "finish", { request_id: id, status: "failed" })).status).toBe("cancelled");
  });
});

it("the audit keeps the settled end and the script's own report", async () => {
  const id = randomUUID();
  const started = { request_id: id, ...backupOf("verify"), github_run_id: 9, requested_by: "schedule" };
  const inTransaction = (work: (tx: TransactionSql) => Promise<unknown>) =>
    sql.begin(async (tx) => void await work(tx));
  await inTransaction((tx) => report(tx, "start", started));
  await inTransaction((tx) => age(tx, id, `${SETTLE_AFTER_SILENCE_MS + 5000} ms`));
  await inTransaction(async (tx) => {
    await become(tx, "manager"); // COMMIT writes the record
    await tx.unsafe(
      "select public.ops_db_backup_run_settle($1, 'failed', 'workflow_failed', 'GitHub ended the run')",
      [id],
    );
  });
  const end = { request_id: id, status: "failed", error_code: "dump_failed", error_message: "disk full" };
  await inTransaction((tx) => report(tx, "finish", end));
  const records = await sql`
    select actor, code from public.ops_db_backup_audit where request_id = ${id} order by seq`;
  expect(records.map(({ actor, code }) => `${actor}: ${code}`)).toEqual([
    "schedule: null",
    "manager@example.com: workflow_failed",
    "script: dump_failed",
  ]);
});

describe("the dispatch", () => {
  trial("accepted: the run is recorded, and recorded values are not overwritten", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    await callAsManager(tx, "dispatched", id, 77, "https://github.com/o/r/actions/runs/77");
    const run = await callAsManager(tx, "dispatched", id, 78, "https://evil.example");
    expect(run).toMatchObject({
      status: "queued",
      github_run_id: 77,
      run_url: "https://github.com/o/r/actions/runs/77",
    });
  });

  trial("refused: the run has failed, and the lock is released", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    const run = await callAsManager(tx, "not_dispatched", id, "github_forbidden", "no right", false);
    expect(run).toMatchObject({ status: "failed", error_code: "github_forbidden" });
    expect(run.finished_at).not.toBeNull();
    expect(await outcomeOf(request(tx, randomUUID(), backupOf("prod")))).toBe("ok");
  });

  trial("unclear: the run is unknown and keeps the lock until its script begins", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    expect((await callAsManager(tx, "not_dispatched", id, "github_unclear", "timed out", true)).status).toBe(
      "unknown",
    );
    expect(await outcomeOf(request(tx, randomUUID(), backupOf("prod")))).toBe(BUSY);
    expect(await report(tx, "start", { request_id: id, ...backupOf("prod") })).toMatchObject({
      status: "running",
      error_code: null,
    });
  });

  trial("a late refusal does not change a run that reports already", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...backupOf("prod") });
    expect((await callAsManager(tx, "not_dispatched", id, "github_unclear", null, false)).status).toBe(
      "running",
    );
  });

  trial("refuses a URL that a browser would execute", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    expect(await outcomeOf(callAsManager(tx, "dispatched", id, 1, "javascript:alert(1)"))).toBe(
      "PT400 invalid_payload",
    );
  });
});

describe("settling by the function", () => {
  trial("ends a queued run, but not as a success", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    expect(await outcomeOf(callAsManager(tx, "settle", id, "succeeded", null, null))).toBe(
      "PT400 invalid_payload",
    );
    expect(await callAsManager(tx, "settle", id, "failed", "workflow_failed", "Set up job")).toMatchObject({
      status: "failed",
      error_code: "workflow_failed",
    });
  });

  trial("does not end a run whose script still reports", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...backupOf("prod") });
    expect((await callAsManager(tx, "settle", id, "lost", "run_lost", null)).status).toBe("running");
    await age(tx, id, `${SETTLE_AFTER_SILENCE_MS - 5000} ms`);
    expect((await callAsManager(tx, "settle", id, "lost", "run_lost", null)).status).toBe("running");
    await age(tx, id, "10 s");
    expect((await callAsManager(tx, "settle", id, "lost", "run_lost", null)).status).toBe("lost");
  });

  for (const what of ["dispatched", "not_dispatched", "settle"] as const) {
    trial(`${what} of an unknown run is refused`, async (tx, id) => {
      const args =
        { dispatched: [1, null], not_dispatched: ["x", null, false], settle: ["lost", null, null] }[what];
      expect(await outcomeOf(callAsManager(tx, what, id, ...args))).toBe("PT404 run_not_found");
    });
  }
});
