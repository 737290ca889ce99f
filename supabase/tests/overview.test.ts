/** The figures above the lists: newest and proven backup, durations, days; holds, reports, the watch's facts. */
import { SAMPLE_REASON } from "@backup/vault/sample.ts";
import { randomUUID } from "node:crypto";
import type { Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watchFactsSchema } from "@backup/watch/catalog_facts.ts";
import { asCaller, become, outcomeOf, TestCluster, unbecome } from "./cluster.ts";
import { callAs } from "./run_calls.ts";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("overview");
});
afterAll(() => cluster.stop());

function trial(name: string, work: (tx: TransactionSql) => Promise<void>): void {
  it(name, () => asCaller(sql, "owner", (tx) => work(tx)));
}

const keyAt = (at: string) => `revo/prod/2026/01/01/supabase_prod_${at}.dump.gz`;

/** A backup created at that time. */
async function backup(tx: TransactionSql, at: string, more: Record<string, unknown> = {}): Promise<string> {
  const row = {
    id: randomUUID(),
    created_at: at,
    target: "prod",
    mode: "full",
    r2_bucket: "b",
    r2_key: keyAt(at),
    status: "uploaded",
    bytes: 100,
    rows_total: 7,
    updated_at: at,
    ...more,
  };
  await insert(tx, "ops_db_backups", row);
  return row.id;
}

/** A run that began at that time and took the given seconds. */
async function run(tx: TransactionSql, at: string, seconds: number, more: Record<string, unknown> = {}) {
  const ended = new Date(Date.parse(at) + seconds * 1000).toISOString();
  const row = {
    kind: "backup",
    target: "prod",
    mode: "full",
    request_id: randomUUID(),
    status: "succeeded",
    created_at: at,
    started_at: at,
    finished_at: ended,
    ...more,
  };
  await insert(tx, "ops_db_backup_runs", row);
  return row.request_id;
}

async function insert(tx: TransactionSql, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row).join(", ");
  await tx.unsafe(
    `insert into public.${table} (${columns})
     select ${columns} from jsonb_populate_record(null::public.${table}, $1::text::jsonb)`,
    [JSON.stringify(row)],
  );
}

/** Rows of a function that returns several. */
async function rowsOf(tx: TransactionSql, call: string): Promise<Record<string, unknown>[]> {
  return await tx.savepoint(async (inner) => {
    await become(inner, "viewer");
    const rows = await inner.unsafe(`select to_jsonb(f) as row from public.${call} f`);
    await unbecome(inner);
    return rows.map(({ row }) => row);
  });
}

describe("ops_db_backup_overview", () => {
  const overview = (tx: TransactionSql, target = "prod") =>
    callAs(tx, "viewer", "ops_db_backup_overview", [target]);

  trial("is empty for a target without backups", async (tx) => {
    expect(await overview(tx)).toEqual({
      newest: null,
      rejected: [],
      newest_proven: null,
      rto: null,
      last_drill: null,
      last_failed: null,
      active: 0,
      scheduled: [],
      time: expect.stringMatching(/^20/),
    });
  });

  trial("names the newest backup, the newest proven one, and the failure since", async (tx) => {
    await backup(tx, "2026-03-01T03:00:00Z", { proven_at: "2026-03-02T05:00:00Z" });
    const newest = await backup(tx, "2026-03-03T03:00:00Z", { label: "virada", requested_by: "ana@x.br" });
    await backup(tx, "2026-03-04T03:00:00Z", { status: "deleted" });
    await backup(tx, "2026-03-04T03:00:00Z", { target: "dev", r2_key: "dev" });
    await run(tx, "2026-03-02T03:00:00Z", 5, { status: "failed", error_code: "dump_failed" });
    expect(await overview(tx)).toMatchObject({
      newest: {
        id: newest,
        r2_key: keyAt("2026-03-03T03:00:00Z"),
        bytes: 100,
        rows_total: 7,
        label: "virada",
        origin: "person",
        proven_at: null,
      },
      newest_proven: { r2_key: keyAt("2026-03-01T03:00:00Z") },
      last_failed: null, // older than the newest backup
    });
    const failed = await run(tx, "2026-03-05T03:00:00Z", 5, { status: "lost", error_code: "run_lost" });
    const copy = { label: "antes-da-restauracao", proven_at: "2026-03-06T05:00:00Z" };
    await backup(tx, "2026-03-06T03:00:00Z", copy); // a safety copy
    expect(await overview(tx)).toMatchObject({
      newest: { id: newest },
      newest_proven: { r2_key: keyAt("2026-03-01T03:00:00Z") },
      last_failed: { kind: "backup", status: "lost", error_code: "run_lost", request_id: failed },
    });
  });

  trial("has the times of the last three scheduled full backups", async (tx) => {
    const at = (hour: number) => `2026-03-03T0${hour}:00:00+00:00`;
    for (const hour of [1, 3, 5, 7]) await backup(tx, at(hour), { requested_by: "schedule" });
    await backup(tx, at(8), { requested_by: "ana@x.br" });
    await backup(tx, at(9), { requested_by: "schedule", mode: "schema-only" });
    expect(await overview(tx)).toMatchObject({ scheduled: [at(7), at(5), at(3)] });
  });

  trial("names a rejected backup apart: it is neither the newest nor proven", async (tx) => {
    const good = await backup(tx, "2026-03-01T03:00:00Z");
    const proof = { failed: 1, drilled_at: "2026-03-03T05:00:00Z" };
    const rejected = await backup(tx, "2026-03-02T03:00:00Z", { proof });
    await run(tx, "2026-03-01T12:00:00Z", 5, { status: "failed", error_code: "dump_failed" });
    expect(await overview(tx)).toMatchObject({
      newest: { id: good },
      rejected: [{ id: rejected, r2_key: keyAt("2026-03-02T03:00:00Z"), drilled_at: proof.drilled_at }],
      newest_proven: null,
      last_failed: null, // a backup was made since, although a drill rejected it
    });
    const next = await backup(tx, "2026-03-04T03:00:00Z");
    expect(await overview(tx)).toMatchObject({ newest: { id: next }, rejected: [{ id: rejected }] });
  });

  trial("counts no backup without rows, and no rejected one that is dated in the future", async (tx) => {
    const full = await backup(tx, "2026-03-01T03:00:00Z");
    await backup(tx, "2026-03-03T03:00:00Z", { mode: "schema-only", proven_at: "2026-03-03T05:00:00Z" });
    const proof = { failed: 1, drilled_at: "2026-03-04T05:00:00Z" };
    await backup(tx, "2026-03-04T03:00:00Z", { mode: "schema-only", proof });
    await backup(tx, "2100-03-04T03:00:00Z", { proof });
    await run(tx, "2026-03-02T03:00:00Z", 5, { status: "failed", error_code: "dump_failed" });
    expect(await overview(tx)).toMatchObject({
      newest: { id: full },
      newest_proven: null,
      rejected: [],
      last_failed: { error_code: "dump_failed" },
    });
  });

  trial("has the recovery times of restores and drills", async (tx) => {
    await run(tx, "2026-03-01T03:00:00Z", 10, { kind: "drill", r2_key: "k" });
    await run(tx, "2026-03-02T03:00:00Z", 30, { kind: "restore", r2_key: "k" });
    await run(tx, "2026-03-03T03:00:00Z", 999, { kind: "restore", r2_key: "k", status: "failed" });
    await run(tx, "2026-03-03T03:00:00Z", 999, { kind: "restore", r2_key: "k", target: "dev" });
    const last = await run(tx, "2026-03-04T03:00:00Z", 1, {
      kind: "drill",
      status: "failed",
      error_code: "x",
    });
    await run(tx, "2026-03-05T03:00:00Z", 1, { status: "running", finished_at: null });
    expect(await overview(tx)).toMatchObject({
      rto: { p50_ms: 20_000, p90_ms: 28_000, samples: 2 },
      last_drill: { request_id: last, status: "failed", error_code: "x" },
      active: 1,
    });
  });
});

describe("ops_db_backup_durations", () => {
  trial("uses the last twenty runs that succeeded", async (tx) => {
    for (let n = 1; n <= 25; n++) await run(tx, `2026-03-01T03:${10 + n}:00Z`, n);
    await run(tx, "2026-03-02T03:00:00Z", 9999, { status: "failed" });
    await run(tx, "2026-03-02T04:00:00Z", 9999, { reason: SAMPLE_REASON });
    expect(await rowsOf(tx, "ops_db_backup_durations()")).toEqual([
      { kind: "backup", target: "prod", samples: 20, p50_ms: 15_500, p90_ms: 23_100 },
    ]);
  });
});

describe("ops_db_backup_usual_duration", () => {
  const usual = (tx: TransactionSql, id: string) =>
    callAs(tx, "viewer", "ops_db_backup_usual_duration", [id]);
  const none = { samples: 0, p50_ms: null, p90_ms: null };

  trial("uses the runs of this kind, target and size alone", async (tx) => {
    const [small, large] = ["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"];
    await backup(tx, small, { bytes: 1_000_000 });
    await backup(tx, large, { bytes: 900_000_000 });
    const drill = (at: string, seconds: number, of: string, more = {}) =>
      run(tx, at, seconds, { kind: "drill", mode: null, r2_key: keyAt(of), ...more });
    for (let n = 1; n <= 3; n++) await drill(`2026-03-0${n}T03:00:00Z`, 10 * n, small);
    await drill("2026-03-04T03:00:00Z", 900, large);
    await drill("2026-03-05T03:00:00Z", 900, small, { target: "dev" });
    await drill("2026-03-06T03:00:00Z", 900, small, { status: "failed" });
    await drill("2026-03-07T03:00:00Z", 900, small, { reason: SAMPLE_REASON });
    const active = { status: "running", finished_at: null };
    const now = await drill("2026-03-08T03:00:00Z", 0, small, active);
    expect(await usual(tx, now)).toEqual({ samples: 3, p50_ms: 20_000, p90_ms: 28_000 });
    const other = await drill("2026-03-08T03:00:00Z", 0, large, active);
    expect(await usual(tx, other)).toMatchObject({ samples: 1, p50_ms: 900_000 });
    const unknown = await drill("2026-03-08T03:00:00Z", 0, "2020-01-01T00:00:00Z", active);
    expect(await usual(tx, unknown)).toEqual(none);
    expect(await usual(tx, randomUUID())).toEqual(none);
  });

  trial("takes the backup before as the size of one that is being made", async (tx) => {
    for (const [n, bytes] of [[1, 90], [2, 100], [3, 5000]] as const) {
      await run(tx, `2026-03-0${n}T03:00:00Z`, n, { result: { bytes } });
    }
    await backup(tx, "2026-03-03T00:00:00Z", { bytes: 110 });
    const id = await run(tx, "2026-03-09T03:00:00Z", 0, { status: "running", finished_at: null });
    expect(await usual(tx, id)).toEqual({ samples: 2, p50_ms: 1500, p90_ms: 1900 });
  });
});

describe("a backup without a signature that counts", () => {
  const SIGNER = "0123456789abcdef";
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  const read = async (tx: TransactionSql) => ({
    overview: await callAs(tx, "viewer", "ops_db_backup_overview", ["prod"]),
    made: (await rowsOf(tx, "ops_db_backup_days('prod', 3, 'UTC')")).reduce(
      (sum, { made }) => sum + Number(made),
      0,
    ),
    unsigned: (await rowsOf(tx, "ops_db_backups_list('prod')")).map(({ is_unsigned }) => is_unsigned),
    facts: watchFactsSchema.parse(
      (await tx.unsafe("select public.ops_db_backup_watch_facts('prod') as facts"))[0]?.facts,
    ),
  });

  trial("counts until the first signed one is entered, and never again", async (tx) => {
    const forged = await backup(tx, ago(1), { proven_at: ago(0.5) });
    const before = await read(tx);
    expect(before).toMatchObject({
      overview: { newest: { id: forged }, newest_proven: { id: forged } },
      made: 1,
    });
    expect(before.unsigned).toEqual([false]);
    const signed = await backup(tx, ago(2), { signed_by: SIGNER, r2_key: "signed" });
    await run(tx, ago(0.4), 1, { kind: "drill", r2_key: keyAt(ago(1)) });
    const after = await read(tx);
    expect(after).toMatchObject({ overview: { newest: { id: signed }, newest_proven: null }, made: 1 });
    expect(after.unsigned).toEqual([true, false]);
    expect(after.facts).toMatchObject({ backups: [{ key: "signed" }], drills: [] });
    await tx.unsafe("update public.ops_db_backups set status = 'deleted' where r2_key = 'signed'");
    expect(await read(tx)).toMatchObject({ overview: { newest: null }, unsigned: [true, false] });
  });
});

describe("ops_db_backup_days", () => {
  trial("has every day, in the requester's time zone", async (tx) => {
    const [now] = await tx.unsafe<{ today: string; noon: string; late: string }[]>(`
      select to_char(clock_timestamp() at time zone 'America/Sao_Paulo', 'YYYY-MM-DD') as today,
             ((clock_timestamp() at time zone 'America/Sao_Paulo')::date - 1 + time '12:00')
               at time zone 'America/Sao_Paulo' as noon,
             ((clock_timestamp() at time zone 'America/Sao_Paulo')::date - 1 + time '23:30')
               at time zone 'America/Sao_Paulo' as late`);
    const [noon, late] = [new Date(now?.noon ?? ""), new Date(now?.late ?? "")].map((at) => at.toISOString());
    if (!noon || !late) throw new Error("no yesterday");
    await backup(tx, noon, { proven_at: late });
    await backup(tx, late, { bytes: 200, rows_total: 8 });
    await backup(tx, late, { target: "dev", r2_key: "dev" });
    await backup(tx, late, { mode: "schema-only", r2_key: "structure" });
    await backup(tx, late, { label: "antes-da-restauracao", r2_key: "copy" });
    await run(tx, noon, 1, { status: "failed" });
    await run(tx, noon, 1, { kind: "drill" });
    await run(tx, noon, 1, { kind: "restore", r2_key: "k" });
    await run(tx, late, 1, { status: "running", finished_at: null });
    const days = await rowsOf(tx, "ops_db_backup_days('prod', 3)");
    expect(days.map(({ made }) => made)).toEqual([0, 2, 0]);
    expect(days.at(-1)).toMatchObject({ day: now?.today, last_at: null, last_bytes: null });
    expect(days[1]).toMatchObject({
      failed: 1,
      proven: 1,
      running: 1,
      drills: 1,
      restores: 1,
      last_bytes: 200,
      last_rows: 8,
    });
    // half past eleven in São Paulo is the next day in UTC
    const utc = await rowsOf(tx, "ops_db_backup_days('prod', 3, 'UTC')");
    expect(utc.map(({ made }) => made)).toContain(1);
  });

  trial("refuses an invalid time zone", async (tx) => {
    const call = callAs(tx, "viewer", "ops_db_backup_days", ["prod", 3, "Revo/Lua"]);
    expect(await outcomeOf(call)).toBe("PT400 invalid_payload");
  });
});

describe("ops_db_backup_manifest", () => {
  trial("returns the recorded manifest unchanged", async (tx) => {
    await backup(tx, "2026-03-01T03:00:00Z", { manifest: { rows: { "public.a": 3 } } });
    const key = keyAt("2026-03-01T03:00:00Z");
    expect(await callAs(tx, "viewer", "ops_db_backup_manifest", [key])).toEqual({ rows: { "public.a": 3 } });
    expect(await outcomeOf(callAs(tx, "viewer", "ops_db_backup_manifest", ["other"]))).toBe(
      "PT404 no_backup_found",
    );
  });
});

describe("ops_db_backup_hold", () => {
  const KEY = keyAt("2026-03-01T03:00:00Z");
  const hold = (tx: TransactionSql, until: string | null, reason: string | null) =>
    callAs(tx, "manager", "ops_db_backup_hold", [KEY, until, reason]);

  trial("stores date, user and reason, and is released with a reason", async (tx) => {
    await backup(tx, "2026-03-01T03:00:00Z");
    expect(await hold(tx, "2100-01-01T00:00:00Z", " auditoria ")).toMatchObject({
      r2_key: KEY,
      hold_until: "2100-01-01T00:00:00+00:00",
      hold_reason: "auditoria",
      held_by: "manager@example.com",
    });
    expect(await hold(tx, null, "auditoria encerrada")).toMatchObject({
      hold_until: null,
      hold_reason: "auditoria encerrada",
    });
  });

  trial("refuses a missing reason, a past or infinite date, and an unknown backup", async (tx) => {
    expect(await outcomeOf(hold(tx, "2100-01-01", "fim"))).toBe("PT404 no_backup_found");
    await backup(tx, "2026-03-01T03:00:00Z");
    expect(await outcomeOf(hold(tx, "2100-01-01", "  "))).toBe("PT400 reason_required");
    expect(await outcomeOf(hold(tx, null, null))).toBe("PT400 reason_required");
    expect(await outcomeOf(hold(tx, null, "x"))).toBe("PT400 reason_required");
    expect(await outcomeOf(hold(tx, "2026-01-01", "fim"))).toBe("PT400 invalid_payload");
    const forEver = tx.savepoint(async (inner) => {
      await become(inner, "manager");
      await inner.unsafe(`select public.ops_db_backup_hold('${KEY}', 'infinity', 'fim')`);
    });
    expect(await outcomeOf(forEver)).toBe("PT400 invalid_payload");
    await tx.unsafe("update public.ops_db_backups set status = 'deleted'");
    expect(await outcomeOf(hold(tx, "2100-01-01", "fim"))).toBe("PT404 no_backup_found");
  });
});

describe("ops_db_backup_report", () => {
  const report = (tx: TransactionSql, value: object) =>
    tx.savepoint((inner) =>
      inner.unsafe("select public.ops_db_backup_report($1::text::jsonb)", [JSON.stringify(value)])
    );

  trial("keeps the last report of each command", async (tx) => {
    await report(tx, { name: "watchdog", status: "ok", report: { newest_age_s: 60 } });
    await report(tx, { name: "doctor", status: "ok", report: {} });
    await report(tx, { name: "watchdog", status: "failed", report: { newest_age_s: 99_999 } });
    expect(await rowsOf(tx, "ops_db_backup_reports_list()")).toMatchObject([
      { name: "doctor", status: "ok" },
      { name: "watchdog", status: "failed", report: { newest_age_s: 99_999 } },
    ]);
  });

  trial("refuses an invalid report", async (tx) => {
    for (const wrong of [{ name: "Dr. X" }, { status: "fine" }, { report: [] }]) {
      const value = { name: "doctor", status: "ok", report: {}, ...wrong };
      expect(await outcomeOf(report(tx, value))).toBe("PT400 invalid_payload");
    }
  });
});

describe("ops_db_backup_watch_facts", () => {
  const DAY = "2026-03-0";
  const factsOf = async (tx: TransactionSql) => {
    const [row] = await tx.unsafe("select public.ops_db_backup_watch_facts('prod') as facts");
    return watchFactsSchema.parse(row?.facts);
  };

  trial("has the newest full backups with their rows, up to the number that is compared", async (tx) => {
    for (let day = 1; day <= 9; day++) await backup(tx, `${DAY}${day}T03:00:00Z`);
    await tx.unsafe(
      `update public.ops_db_backups set manifest = '{"rows": {"public.t": 7}}' where r2_key = $1`,
      [
        keyAt(`${DAY}8T03:00:00Z`),
      ],
    );
    await tx.unsafe("update public.ops_db_backups set status = 'deleted' where r2_key = $1", [
      keyAt(`${DAY}9T03:00:00Z`),
    ]);
    await tx.unsafe(
      `update public.ops_db_backups set proof = '{"failed": 1, "drilled_at": "x"}' where r2_key = $1`,
      [
        keyAt(`${DAY}7T03:00:00Z`),
      ],
    );
    await backup(tx, "2026-03-10T03:00:00Z", { mode: "schema-only" });
    await backup(tx, "2026-03-11T03:00:00Z", { target: "dev" });
    await backup(tx, "2026-03-12T03:00:00Z", { label: "antes-da-restauracao" });
    const { backups } = await factsOf(tx);
    expect(backups).toHaveLength(8);
    expect(backups[0]).toMatchObject({
      key: keyAt(`${DAY}8T03:00:00Z`),
      bytes: 100,
      rows: { "public.t": 7 },
    });
    expect(backups[1]?.rows).toBeNull();
    expect(backups.map(({ rejected_at }) => rejected_at).slice(0, 3)).toEqual([null, "x", null]);
  });

  trial(
    "has drills with a verdict, proofs without a run, and lost runs",
    async (tx) => {
      const drill = { kind: "drill", mode: null, r2_key: "k" };
      const stale = { name: "freshness", verdict: "FAIL" };
      const checks = [{ name: "a", verdict: "PASS" }, { name: "b", verdict: "FAIL" }, stale];
      await run(tx, `${DAY}1T05:00:00Z`, 1, drill);
      await run(tx, `${DAY}2T05:00:00Z`, 1, {
        ...drill,
        status: "failed",
        error_code: "drill_failed",
        result: { checks },
      });
      await run(tx, `${DAY}3T05:00:00Z`, 1, { ...drill, status: "failed", error_code: "vault_unreachable" });
      await run(tx, `${DAY}3T06:00:00Z`, 1, {
        ...{ ...drill, status: "failed", error_code: "drill_failed" },
        result: { checks: [stale] },
      });
      await backup(tx, `${DAY}4T03:00:00Z`, { proven_at: `${DAY}4T06:00:00Z` });
      await run(tx, `${DAY}5T05:00:00Z`, 1, { ...drill, target: "dev" });
      await run(tx, `${DAY}6T05:00:00Z`, 1, { kind: "restore", mode: null, r2_key: "k", status: "lost" });
      const { drills, lost_runs, audit } = await factsOf(tx);
      expect(drills.map(({ key, failed }) => [key, failed])).toEqual([
        [keyAt(`${DAY}4T03:00:00Z`), []],
        ["k", ["b"]],
        ["k", []],
      ]);
      expect(lost_runs).toMatchObject([{ kind: "restore", target: "prod", runUrl: null }]);
      expect(audit).toEqual({ ok: true, brokenAt: null });
      await run(tx, `${DAY}7T05:00:00Z`, 1, { kind: "restore", mode: null, r2_key: "k" });
      expect((await factsOf(tx)).lost_runs).toEqual([]);
    },
  );

  trial("refuses an unknown database", async (tx) => {
    const call = tx.savepoint((inner) => inner.unsafe("select public.ops_db_backup_watch_facts('all')"));
    expect(await outcomeOf(call)).toBe("PT400 invalid_payload");
  });
});
