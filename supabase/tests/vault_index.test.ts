/** Rows of the vault's index: created from manifests, listed newest first. */
import type { Sql, TransactionSql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BackupRow, backupRowSchema } from "@backup/vault/catalog.ts";
import { runSchema } from "@backup/runs/run.ts";
import { asCaller, become, outcomeOf, TestCluster, unbecome } from "./cluster.ts";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("index");
});
afterAll(() => cluster.stop());

const keyOf = (target: string, day: number, label = "") => {
  const dd = String(day).padStart(2, "0");
  return `revo/${target}/2026/01/${dd}/supabase_${target}_202601${dd}_031022${label}.dump.gz`;
};

function legacyManifest(key: string) {
  const [, target, year, month, day, file] = key.split("/");
  return {
    kind: "supabase_db_backup",
    target,
    mode: "full",
    created_at_utc: `${year}-${month}-${day}T03:10:22Z`,
    file,
    sha256: "a".repeat(64),
    bytes: 1000,
    git_sha: "abc123",
  };
}

const newManifest = (key: string) => ({
  ...legacyManifest(key),
  version: 2,
  label: "do_manifesto",
  raw_bytes: 4000,
  duration_ms: 2500,
  server_version: "15.18",
  tables_total: 34,
  rows_total: 200_000,
  requested_by: "agendado",
  run: { id: "7", url: "https://github.com/o/r/actions/runs/7", attempt: 1 },
});

async function call(tx: TransactionSql, what: "record" | "mark", value: object): Promise<BackupRow> {
  return await tx.savepoint(async (inner) => {
    const [row] = await inner.unsafe(`select public.ops_db_backup_${what}($1::text::jsonb) as answer`, [
      JSON.stringify({ r2_bucket: "cofre", ...value }),
    ]);
    return backupRowSchema.parse(row?.answer);
  });
}

function trial(name: string, work: (tx: TransactionSql) => Promise<void>): void {
  it(name, () => asCaller(sql, "owner", work));
}

describe("recording", () => {
  trial("sets the contract's columns from an old manifest, and the label from the key", async (tx) => {
    const key = keyOf("prod", 15, "_antes");
    expect(await call(tx, "record", { r2_key: key, manifest: legacyManifest(key) })).toMatchObject({
      created_at: "2026-01-15T03:10:22+00:00",
      target: "prod",
      mode: "full",
      r2_bucket: "cofre",
      r2_key: key,
      bytes: 1000,
      git_sha: "abc123",
      status: "uploaded",
      label: "antes",
      raw_bytes: null,
      verified_at: null,
    });
    const encrypted = `${key}.age`;
    const manifest = legacyManifest(encrypted);
    expect(await call(tx, "record", { r2_key: encrypted, manifest })).toMatchObject({ label: "antes" });
  });

  trial("sets the other columns from a manifest of version 2", async (tx) => {
    const key = keyOf("dev", 15);
    const verified_at = "2026-01-15T03:12:00+00:00";
    const row = await call(tx, "record", { r2_key: key, manifest: newManifest(key), verified_at });
    expect(row).toMatchObject({
      label: "do_manifesto",
      raw_bytes: 4000,
      tables_total: 34,
      rows_total: 200_000,
      duration_ms: 2500,
      server_version: "15.18",
      requested_by: "agendado",
      run_url: "https://github.com/o/r/actions/runs/7",
      verified_at,
    });
  });

  trial("a second time updates the row and keeps the proof of the same bytes", async (tx) => {
    const key = keyOf("prod", 15);
    const first = await call(tx, "record", {
      r2_key: key,
      manifest: legacyManifest(key),
      requested_by: "ana",
    });
    await call(tx, "mark", { r2_key: key, status: "restored", proven_at: "2026-01-18T00:00:00Z" });
    const again = await call(tx, "record", { r2_key: key, manifest: newManifest(key), verified_at: null });
    expect(again).toMatchObject({ id: first.id, status: "restored", raw_bytes: 4000 });
    expect(again.proven_at).toBe("2026-01-18T00:00:00+00:00");
    const changed = { ...newManifest(key), sha256: "c".repeat(64) };
    expect((await call(tx, "record", { r2_key: key, manifest: changed })).proven_at).toBeNull();
  });

  trial("marks a deleted object that exists again as uploaded", async (tx) => {
    const key = keyOf("prod", 15);
    await call(tx, "record", { r2_key: key, manifest: legacyManifest(key) });
    expect((await call(tx, "mark", { r2_key: key, status: "deleted" })).status).toBe("deleted");
    expect((await call(tx, "record", { r2_key: key, manifest: legacyManifest(key) })).status).toBe(
      "uploaded",
    );
  });

  const key = keyOf("prod", 15);
  const wrong = [
    ["a key that is none", { r2_key: "x.dump.gz", manifest: legacyManifest(key) }, "invalid_r2_key"],
    ["no bucket", { r2_bucket: "", r2_key: key, manifest: legacyManifest(key) }, "invalid_payload"],
    ["no manifest", { r2_key: key }, "invalid_payload"],
    [
      "another target's manifest",
      { r2_key: key, manifest: { ...legacyManifest(key), target: "dev" } },
      "invalid_payload",
    ],
    [
      "another file's manifest",
      { r2_key: key, manifest: legacyManifest(keyOf("prod", 16)) },
      "invalid_payload",
    ],
    [
      "a broken hash",
      { r2_key: key, manifest: { ...legacyManifest(key), sha256: "abc" } },
      "invalid_payload",
    ],
    [
      "an unknown mode",
      { r2_key: key, manifest: { ...legacyManifest(key), mode: "data" } },
      "invalid_payload",
    ],
  ] as const;
  for (const [what, value, code] of wrong) {
    trial(`refuses ${what}`, async (tx) => {
      expect(await outcomeOf(call(tx, "record", value))).toBe(`PT400 ${code}`);
    });
  }
});

describe("marking", () => {
  trial("keeps omitted values, and never replaces a proof by an older one", async (tx) => {
    const key = keyOf("prod", 15);
    await call(tx, "record", { r2_key: key, manifest: legacyManifest(key) });
    await call(tx, "mark", { r2_key: key, proven_at: "2026-01-25T00:00:00Z" });
    expect(await call(tx, "mark", { r2_key: key, proven_at: "2026-01-18T00:00:00Z" })).toMatchObject({
      status: "uploaded",
      proven_at: "2026-01-25T00:00:00+00:00",
    });
  });

  trial("a rejection keeps its receipt and takes away earlier proofs, not later ones", async (tx) => {
    const key = keyOf("prod", 15);
    await call(tx, "record", { r2_key: key, manifest: legacyManifest(key) });
    const proof = {
      receipt_key: "revo/prod/receipt.json",
      drilled_at: "2026-01-18T00:00:00Z",
      passed: 20,
      failed: 0,
      skipped: 1,
      seconds: { load: 3 },
      total_seconds: 3,
    };
    await call(tx, "mark", { r2_key: key, proven_at: "2026-01-18T00:00:00Z", proof });
    const earlier = await call(tx, "mark", { r2_key: key, disproved_at: "2026-01-17T00:00:00Z" });
    expect(earlier).toMatchObject({ proven_at: "2026-01-18T00:00:00+00:00", proof });
    const receipt = { ...proof, drilled_at: "2026-01-25T00:00:00Z", failed: 2 };
    const rejection = { r2_key: key, disproved_at: receipt.drilled_at, proof: receipt };
    expect(await call(tx, "mark", rejection)).toMatchObject({ proven_at: null, proof: receipt });
    // an older drill does not outweigh it, a newer one does
    const older = { r2_key: key, proven_at: "2026-01-24T00:00:00Z", proof };
    expect(await call(tx, "mark", older)).toMatchObject({ proven_at: null, proof: receipt });
    expect(await call(tx, "mark", { r2_key: key, status: "restored" })).toMatchObject({ proof: receipt });
    const passed = { ...proof, drilled_at: "2026-01-26T00:00:00Z" };
    expect(await call(tx, "mark", { r2_key: key, proven_at: passed.drilled_at, proof: passed }))
      .toMatchObject({
        proven_at: "2026-01-26T00:00:00+00:00",
        proof: passed,
      });
  });

  trial("keeps who signed the bytes, until it is checked again or the bytes are others", async (tx) => {
    const key = keyOf("prod", 15);
    const manifest = newManifest(key);
    const signed_by = "0123456789abcdef";
    const record = (more: object) => call(tx, "record", { r2_key: key, manifest, ...more });
    expect(await record({})).toMatchObject({ signed_by: null });
    expect(await record({ signed_by })).toMatchObject({ signed_by });
    expect(await record({})).toMatchObject({ signed_by });
    expect(await record({ manifest: { ...manifest, sha256: "b".repeat(64) } })).toMatchObject({
      signed_by: null,
    });
    await record({ signed_by });
    expect(await record({ signed_by: null })).toMatchObject({ signed_by: null });
    expect(await outcomeOf(record({ signed_by: "somebody" }))).toBe("23514");
  });

  trial("refuses an unknown object and an unknown status", async (tx) => {
    const key = keyOf("prod", 15);
    expect(await outcomeOf(call(tx, "mark", { r2_key: key, status: "deleted" }))).toBe(
      "PT404 no_backup_found",
    );
    expect(await outcomeOf(call(tx, "mark", { r2_key: key, status: "gone" }))).toBe("PT400 invalid_payload");
  });
});

describe("listing", () => {
  async function listed(tx: TransactionSql, args: string): Promise<BackupRow[]> {
    return await tx.savepoint(async (inner) => {
      await become(inner, "viewer");
      const rows = await inner.unsafe(`select to_jsonb(b) as row from public.ops_db_backups_list(${args}) b`);
      await unbecome(inner);
      return rows.map(({ row }) => backupRowSchema.parse(row));
    });
  }

  trial("is newest first, by target, in pages without overlap or gap", async (tx) => {
    for (let day = 1; day <= 9; day++) {
      for (const target of ["prod", "dev"]) {
        const key = keyOf(target, day);
        await call(tx, "record", { r2_key: key, manifest: newManifest(key) });
      }
    }
    const all = await listed(tx, "");
    expect(all).toHaveLength(18);
    expect(all.map(({ created_at }) => created_at)).toEqual(
      all.map(({ created_at }) => created_at).sort().reverse(),
    );
    const prod = await listed(tx, "'prod'");
    expect(prod.map(({ r2_key }) => r2_key)).toEqual(
      [9, 8, 7, 6, 5, 4, 3, 2, 1].map((day) => keyOf("prod", day)),
    );
    const pages = [0, 7, 14].map((offset) => listed(tx, `p_limit => 7, p_offset => ${offset}`));
    expect((await Promise.all(pages)).flat().map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    for (const limit of [0, -1]) {
      expect(await listed(tx, `p_limit => ${limit}, p_offset => -5`), "as the older list").toHaveLength(1);
    }
    expect(await listed(tx, "p_target => null, p_limit => null, p_offset => null")).toHaveLength(18);
  });

  trial("filters, sorts, and continues after a given row", async (tx) => {
    for (let day = 1; day <= 5; day++) {
      const key = keyOf("prod", day);
      const manifest = { ...newManifest(key), bytes: 100 - day, duration_ms: day, label: `dia_${day}` };
      await call(tx, "record", {
        r2_key: key,
        manifest,
        requested_by: day < 3 ? "schedule" : "ana@revo.com.br",
      });
    }
    await call(tx, "mark", { r2_key: keyOf("prod", 4), status: "restored" });
    const daysOf = async (args: string) =>
      (await listed(tx, args)).map(({ r2_key }) => Number(r2_key.split("/")[4]));
    expect(await daysOf("p_sort => 'oldest'")).toEqual([1, 2, 3, 4, 5]);
    expect(await daysOf("p_sort => 'largest'")).toEqual([1, 2, 3, 4, 5]);
    expect(await daysOf("p_sort => 'slowest'")).toEqual([5, 4, 3, 2, 1]);
    expect(await daysOf("p_status => 'restored'")).toEqual([4]);
    expect(await daysOf("p_origin => 'person'")).toEqual([5, 4, 3]);
    expect(await daysOf("p_origin => 'schedule', p_sort => 'oldest'")).toEqual([1, 2]);
    expect(await daysOf("p_search => 'DIA_3'")).toEqual([3]);
    expect(await daysOf("p_search => '20260105'")).toEqual([5]);
    expect(await daysOf("p_search => '%'")).toEqual([]); // not a pattern
    expect(await daysOf(`p_r2_key => '${keyOf("prod", 2)}', p_sort => 'largest'`)).toEqual([2]);
    const [third] = await listed(tx, "p_search => 'dia_3'");
    expect(await daysOf(`p_after_id => '${third?.id}'`)).toEqual([2, 1]);
    expect(await daysOf(`p_after_id => '${third?.id}', p_sort => 'oldest', p_limit => 1`)).toEqual([4]);
    const [from, to] = [third?.created_at, (await listed(tx, "p_search => 'dia_5'"))[0]?.created_at];
    expect(await daysOf(`p_from => '${from}', p_to => '${to}'`)).toEqual([4, 3]);
    for (const wrong of [`p_after_id => '${third?.id}', p_sort => 'largest'`, "p_sort => 'bytes'"]) {
      expect(await outcomeOf(listed(tx, wrong))).toBe("PT400 invalid_payload");
    }
  });

  trial("of runs filters by target, id and activity", async (tx) => {
    await tx.unsafe(
      `insert into public.ops_db_backup_runs (kind, target, mode, request_id, status, finished_at, created_at, requested_by)
      values ('backup', 'prod', 'full', '00000000-0000-4000-8000-000000000001', 'succeeded', now(), now() - interval '1 day', 'schedule'),
             ('backup', 'prod', 'full', '00000000-0000-4000-8000-000000000002', 'running', null, now(), 'schedule'),
             ('drill', 'dev', null, '00000000-0000-4000-8000-000000000003', 'queued', null, now() - interval '2 days', null)`,
    );
    await become(tx, "viewer");
    const idsOf = async (args: string) => {
      const rows = await tx.unsafe(
        `select to_jsonb(r) as row from public.ops_db_backup_runs_list(${args}) r`,
      );
      return rows.map(({ row }) => runSchema.parse(row).request_id.at(-1));
    };
    expect(await idsOf("")).toEqual(["2", "1", "3"]);
    expect(await idsOf("'prod'")).toEqual(["2", "1"]);
    expect(await idsOf("p_active_only => true")).toEqual(["2", "3"]);
    expect(await idsOf("p_request_id => '00000000-0000-4000-8000-000000000001'")).toEqual(["1"]);
    expect(await idsOf("p_limit => 1")).toEqual(["2"]);
    expect(await idsOf("p_kind => 'drill'")).toEqual(["3"]);
    expect(await idsOf("p_status => 'succeeded'")).toEqual(["1"]);
    expect(await idsOf("p_search => 'SCHEDULE'")).toEqual(["2", "1"]);
    expect(await idsOf("p_from => now() - interval '1 day', p_to => now()")).toEqual(["1"]);
    const [newest] = await tx.unsafe("select id from public.ops_db_backup_runs_list(p_limit => 1)");
    expect(await idsOf(`p_after_id => '${newest?.id}'`)).toEqual(["1", "3"]);
  });
});
