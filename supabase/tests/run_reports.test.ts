/** The reports of scripts about their runs, and the reports that are refused. */
import { randomUUID } from "node:crypto";
import type { Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asCaller, outcomeOf, TestCluster } from "./cluster.ts";
import { age, backupOf, KEY, report, request, restoreInto, statusOf } from "./run_calls.ts";

const REUSED = "PT409 request_id_reused";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("reports");
});
afterAll(() => cluster.stop());

function trial(name: string, work: (tx: TransactionSql, id: string) => Promise<void>): void {
  it(name, () => asCaller(sql, "owner", (tx) => work(tx, randomUUID())));
}

const GITHUB = { github_run_id: 77, run_url: "https://github.com/o/r/actions/runs/77", attempt: 1 };

describe("starting", () => {
  trial("uses the requested row and keeps its requester", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    const run = await report(tx, "start", {
      request_id: id,
      ...backupOf("prod"),
      requested_by: "x",
      ...GITHUB,
    });
    expect(run).toMatchObject({ status: "running", requested_by: "manager@example.com", github_run_id: 77 });
    expect(run.started_at).not.toBeNull();
    expect(run.heartbeat_at).not.toBeNull();
  });

  trial("creates the row if there was no request", async (tx, id) => {
    const run = await report(tx, "start", { request_id: id, ...backupOf("prod"), requested_by: "agendado" });
    expect(run).toMatchObject({ status: "running", requested_by: "agendado", kind: "backup" });
  });

  trial("is refused a second time, for another GitHub run and for different parameters", async (tx, id) => {
    await request(tx, id, restoreInto("dev"));
    const start = (change: object) =>
      outcomeOf(report(tx, "start", { request_id: id, ...restoreInto("dev"), ...GITHUB, ...change }));
    expect(await start({ kind: "drill" })).toBe(REUSED);
    expect(await start({ target: "prod" })).toBe(REUSED);
    expect(await start({ r2_key: KEY.replace("031022", "031023") })).toBe(REUSED);
    expect(await start({})).toBe("ok");
    expect(await start({})).toBe(REUSED);
    expect(await start({ attempt: 2, github_run_id: 78 })).toBe(REUSED);
  });

  trial(
    "is accepted for a later attempt of a failed run, not of one that succeeded",
    async (tx, id) => {
      const start = (attempt: number) =>
        outcomeOf(report(tx, "start", { request_id: id, ...backupOf("prod"), ...GITHUB, attempt }));
      expect(await start(1)).toBe("ok");
      await report(tx, "finish", {
        request_id: id,
        status: "failed",
        error_code: "dump_failed",
        error_message: "x",
      });
      expect(await start(1)).toBe(REUSED);
      expect(await start(2)).toBe("ok");
      expect(await report(tx, "progress", { request_id: id })).toMatchObject({
        error_code: null,
        finished_at: null,
      });
      await report(tx, "finish", { request_id: id, status: "succeeded" });
      expect(await start(3)).toBe(REUSED);
    },
  );

  trial("replaces an attempt that died without a report", async (tx, id) => {
    const start = { request_id: id, ...backupOf("prod"), ...GITHUB };
    await report(tx, "start", start);
    expect((await report(tx, "start", { ...start, attempt: 2 })).status).toBe("running");
  });

  trial("is refused for a later attempt while another run holds the lock", async (tx, id) => {
    const start = { request_id: id, ...backupOf("prod"), ...GITHUB };
    await report(tx, "start", start);
    await report(tx, "finish", { request_id: id, status: "failed" });
    await request(tx, randomUUID(), backupOf("prod"));
    expect(await outcomeOf(report(tx, "start", { ...start, attempt: 2 }))).toBe("PT409 busy");
  });

  trial("is refused for a run that was given up", async (tx, id) => {
    await request(tx, id, restoreInto("dev"));
    await age(tx, id, "7 hours");
    expect(await outcomeOf(report(tx, "start", { request_id: id, ...restoreInto("dev"), ...GITHUB }))).toBe(
      REUSED,
    );
    expect(await statusOf(tx, id)).toBe("queued"); // the refusal also rolled back the expiry
  });
});

describe("progress", () => {
  trial("keeps omitted values and updates the heartbeat", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...backupOf("prod"), bytes_expected: 100 });
    await age(tx, id, "1 minute");
    const run = await report(tx, "progress", { request_id: id, phase: "dump", bytes_done: 40 });
    expect(run).toMatchObject({ phase: "dump", bytes_done: 40, bytes_expected: 100 });
    expect(Date.now() - Date.parse(run.heartbeat_at ?? "")).toBeLessThan(30_000);
    expect(await report(tx, "progress", { request_id: id, bytes_done: null })).toMatchObject({
      phase: "dump",
      bytes_done: null,
    });
  });

  trial("keeps the tables and indexes of a running restore until it ends", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...restoreInto("dev") });
    const objects = { tables: { done: 3, expected: 4 }, indexes: { done: 1, expected: 9 } };
    const progress = { request_id: id, phase: "build", objects };
    expect(await report(tx, "progress", progress)).toMatchObject({ result: { objects } });
    expect(await report(tx, "progress", { ...progress, objects: null })).toMatchObject({
      result: { objects },
    });
    expect(await report(tx, "finish", { request_id: id, status: "failed" })).toMatchObject({ result: null });
  });

  trial("is refused for a run that has ended or has not begun", async (tx, id) => {
    await request(tx, id, backupOf("prod"));
    expect(await report(tx, "progress", { request_id: id, phase: "dump" })).toMatchObject({
      status: "queued",
      phase: null,
    });
    await report(tx, "finish", { request_id: id, status: "failed" });
    expect(await report(tx, "progress", { request_id: id, phase: "dump" })).toMatchObject({
      status: "failed",
      phase: null,
    });
  });
});

describe("an attempt that another one has replaced", () => {
  trial(
    "can neither report progress nor end the run; without an attempt both are accepted",
    async (tx, id) => {
      const start = { request_id: id, ...backupOf("prod"), ...GITHUB };
      await report(tx, "start", start);
      await report(tx, "start", { ...start, attempt: 2 });
      const end = { request_id: id, status: "failed", error_code: "dump_failed" };
      expect(await outcomeOf(report(tx, "progress", { request_id: id, attempt: 1, phase: "dump" }))).toBe(
        REUSED,
      );
      expect(await outcomeOf(report(tx, "finish", { ...end, attempt: 1 }))).toBe(REUSED);
      const next = await report(tx, "progress", { request_id: id, attempt: 2, phase: "verify" });
      expect(next).toMatchObject({ status: "running", phase: "verify", attempt: 2, error_code: null });
      expect(await report(tx, "progress", { request_id: id, phase: "manifest" })).toMatchObject({
        phase: "manifest",
      });
      const done = await report(tx, "finish", { request_id: id, attempt: 2, status: "succeeded" });
      expect(done.status).toBe("succeeded");
      expect(await outcomeOf(report(tx, "finish", { ...end, attempt: 1 }))).toBe(REUSED);
    },
  );
});

describe("the end of a run", () => {
  trial("has the checks, and is accepted once", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...backupOf("prod") });
    const end = { request_id: id, status: "succeeded", r2_key: KEY, result: { checks: ["sha256"] } };
    expect(await report(tx, "finish", end)).toMatchObject({
      status: "succeeded",
      r2_key: KEY,
      result: end.result,
    });
    expect((await report(tx, "finish", { request_id: id, status: "failed" })).status).toBe("succeeded");
  });

  trial("corrects a run that was marked as lost", async (tx, id) => {
    await report(tx, "start", { request_id: id, ...backupOf("prod") });
    await age(tx, id, "11 minutes");
    await request(tx, randomUUID(), backupOf("prod"));
    expect(await statusOf(tx, id)).toBe("lost");
    expect((await report(tx, "progress", { request_id: id, phase: "upload" })).status).toBe("lost");
    expect(await report(tx, "finish", { request_id: id, status: "succeeded" })).toMatchObject({
      status: "succeeded",
      error_code: null,
    });
  });

  trial("has one of three values, and needs a known run", async (tx, id) => {
    expect(await outcomeOf(report(tx, "finish", { request_id: id, status: "lost" }))).toBe(
      "PT400 invalid_payload",
    );
    expect(await outcomeOf(report(tx, "finish", { request_id: id, status: "failed" }))).toBe(
      "PT404 run_not_found",
    );
  });
});
