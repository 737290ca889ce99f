/** A restore of prod on GitHub begins only with the lately made request of a signed-in user. */
import { randomUUID } from "node:crypto";
import type { Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RESTORE_REQUEST_VALID_MS } from "@backup/service_levels.ts";
import { asCaller, outcomeOf, TestCluster } from "./cluster.ts";
import { age, report, request, restoreInto, restoreOfProd, runOf } from "./run_calls.ts";

const REFUSED = "PT403 request_required";
const GITHUB = { github_run_id: 7, requested_by: "github:ana" };

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("gate");
});
afterAll(() => cluster.stop());

/** A test inside a transaction that is rolled back. */
function trial(name: string, work: (tx: TransactionSql, id: string) => Promise<void>): void {
  it(name, () => asCaller(sql, "owner", (tx) => work(tx, randomUUID())));
}

describe("the start of a restore of prod on GitHub", () => {
  const start = (tx: TransactionSql, id: string, more: object = {}) =>
    report(tx, "start", { request_id: id, ...restoreInto("prod"), ...GITHUB, ...more });

  trial("is refused without a request, whatever it says of a requester", async (tx, id) => {
    expect(await outcomeOf(start(tx, id))).toBe(REFUSED);
    expect(await outcomeOf(start(tx, id, { requested_by: "manager@example.com" }))).toBe(REFUSED);
    expect(await runOf(tx, id)).toBeUndefined();
  });

  trial("succeeds with the request of a signed-in user", async (tx, id) => {
    await request(tx, id, await restoreOfProd(tx));
    expect(await start(tx, id)).toMatchObject({ status: "running", requested_by: "manager@example.com" });
  });

  trial("is refused with a request that is too old", async (tx, id) => {
    await request(tx, id, await restoreOfProd(tx));
    await tx.unsafe("update public.ops_db_backup_runs set github_run_id = 7 where request_id = $1", [id]);
    await age(tx, id, `${RESTORE_REQUEST_VALID_MS + 1000} milliseconds`);
    expect(await outcomeOf(start(tx, id))).toBe(REFUSED);
  });

  trial("is refused with the row of a run without a requester", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...restoreInto("prod") });
    await report(tx, "finish", { request_id: id, status: "failed" });
    expect(await outcomeOf(start(tx, id, { attempt: 2 }))).toBe(REFUSED);
  });

  trial("by break-glass needs a reason, and is in the run and its audit", async (tx, id) => {
    expect(await outcomeOf(start(tx, id, { break_glass: true, reason: " " }))).toBe("PT400 reason_required");
    await start(tx, id, { break_glass: true, reason: "tela fora do ar" });
    expect(await runOf(tx, id)).toMatchObject({ break_glass: true, requested_by: "github:ana" });
    await tx.unsafe("set constraints all immediate");
    const [record] = await tx.unsafe(
      "select record::jsonb #>> '{detail,run,break_glass}' as used from public.ops_db_backup_audit where request_id = $1",
      [id],
    );
    expect(record).toEqual({ used: "true" });
  });
});

describe("no request is needed", () => {
  trial("outside GitHub, where the owner's password is at hand", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...restoreInto("prod"), requested_by: "command line" });
    expect(await runOf(tx, id)).toMatchObject({ status: "running", break_glass: null });
  });

  trial("for a restore of another database", async (tx, id) => {
    expect(await report(tx, "start", { request_id: id, ...restoreInto("dev"), ...GITHUB }))
      .toMatchObject({ status: "running" });
  });
});

describe("ops_db_backup_break_glass_uses", () => {
  trial(
    "has a run of an older request that GitHub runs again, and keeps it after a later attempt",
    async (tx, id) => {
      const uses = async () => {
        const [row] = await tx.unsafe("select public.ops_db_backup_break_glass_uses() as uses");
        return row?.uses;
      };
      const start = (attempt: number, more: object = {}) =>
        report(tx, "start", { request_id: id, ...restoreInto("prod"), ...GITHUB, attempt, ...more });
      await request(tx, id, await restoreOfProd(tx));
      await start(1);
      await report(tx, "finish", { request_id: id, status: "failed" });
      await age(tx, id, "48 hours");
      await start(2, { break_glass: true, reason: "tela fora do ar" });
      expect(await uses()).toMatchObject([{ request_id: id, reason: "tela fora do ar" }]);
      await report(tx, "finish", { request_id: id, attempt: 2, status: "failed" });
      await age(tx, id, "-48 hours");
      await start(3);
      expect(await uses()).toMatchObject([{ request_id: id }]);
    },
  );

  trial("has runs and records, for a day", async (tx, id) => {
    const uses = async () => {
      const [row] = await tx.unsafe("select public.ops_db_backup_break_glass_uses() as uses");
      return row?.uses;
    };
    expect(await uses()).toEqual([]);
    await report(tx, "start", {
      request_id: id,
      ...restoreInto("prod"),
      ...GITHUB,
      break_glass: true,
      reason: "r",
    });
    await tx.unsafe("select public.ops_db_backup_audit_append($1::text::jsonb)", [
      JSON.stringify({
        event: "break_glass",
        actor: "github:eva",
        request_id: randomUUID(),
        detail: { reason: "s" },
      }),
    ]);
    expect(await uses()).toMatchObject([{ actor: "github:eva", reason: "s" }, {
      actor: "github:ana",
      reason: "r",
    }]);
    await tx.unsafe(
      "update public.ops_db_backup_runs set started_at = started_at - interval '25 hours' where request_id = $1",
      [id],
    );
    expect(await uses()).toMatchObject([{ actor: "github:eva" }]);
  });
});
