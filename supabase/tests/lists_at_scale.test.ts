/**
 * With 250,000 backups and 50,000 runs queries cost no more than with a few: counted in blocks, which do not depend
 * on the load.
 */
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lastOfPage, manyRows } from "./catalog_rows.ts";
import { asCaller, TestCluster } from "./cluster.ts";

const BACKUPS = 250_000;
const RUNS = 50_000;
const PAGE = 2_500;

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("scale");
  await sql.unsafe(manyRows(BACKUPS, RUNS));
}, 300_000);
afterAll(() => cluster.stop());

interface Cost {
  rows: number;
  blocks: number;
}

/** The blocks that a call reads once all of them are in memory. */
async function costOf(call: string): Promise<Cost> {
  const explain = `explain (analyze, buffers, timing off, format json) select * from public.${call}`;
  return await asCaller(sql, "viewer", async (tx) => {
    await tx.unsafe(explain);
    const [row] = await tx.unsafe(explain);
    const plan = row?.["QUERY PLAN"][0].Plan;
    return { rows: plan["Actual Rows"], blocks: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] };
  });
}

async function idOf(query: string): Promise<string> {
  const [row] = await sql.unsafe<{ id: string }[]>(query);
  if (!row) throw new Error(`no row: ${query}`);
  return row.id;
}

describe("the first page and the 2,500th", () => {
  const lists = [
    ["ops_db_backups", "ops_db_backups_list", 50, ""],
    ["ops_db_backups", "ops_db_backups_list", 50, ", p_target => 'prod'"],
    [
      "ops_db_backups",
      "ops_db_backups_list",
      50,
      ", p_target => 'prod', p_origin => 'person', p_status => 'uploaded'",
    ],
    ["ops_db_backups", "ops_db_backups_list", 50, ", p_sort => 'oldest'"],
    ["ops_db_backup_runs", "ops_db_backup_runs_list", 19, ""],
    ["ops_db_backup_runs", "ops_db_backup_runs_list", 19, ", p_target => 'prod', p_kind => 'backup'"],
  ] as const;
  it.each(lists)("of %s, %s(p_limit => %i%s), cost the same", async (table, list, limit, filter) => {
    const after = await idOf(lastOfPage(table, PAGE, limit));
    const first = await costOf(`${list}(p_limit => ${limit}${filter})`);
    const late = await costOf(`${list}(p_limit => ${limit}${filter}, p_after_id => '${after}')`);
    expect(first.rows).toBe(limit);
    expect(late.rows).toBe(limit);
    expect(late.blocks).toBeLessThan(2 * first.blocks);
    expect(first.blocks).toBeLessThan(2 * late.blocks);
  });
});

describe("frequent queries", () => {
  /** Limits in blocks of 8 kB; the tables have more than twelve thousand. */
  const calls = [
    ["ops_db_backups_list(p_status => 'failed', p_target => 'prod')", 500],
    ["ops_db_backups_list(p_sort => 'largest', p_target => 'prod')", 500],
    ["ops_db_backups_list(p_sort => 'slowest')", 500],
    ["ops_db_backups_list(p_r2_key => 'revo/prod/2026/01/15/none.dump.gz')", 100],
    ["ops_db_backups_list(p_r2_key => 'none', p_sort => 'largest')", 100],
    ["ops_db_backups_list(p_sort => 'largest', p_status => 'failed', p_origin => 'person')", 2000],
    ["ops_db_backup_runs_list(p_request_id => '6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11')", 100],
    ["ops_db_backup_runs_list(p_active_only => true)", 100],
    ["ops_db_backup_runs_list(p_status => 'failed')", 500],
    ["ops_db_backup_runs_list(p_r2_key => 'none')", 100],
    ["ops_db_backup_overview('prod')", 500],
    ["ops_db_backup_durations()", 1500],
    ["ops_db_backup_days('prod', 30)", 20_000],
  ] as const;
  it.each(calls)("%s reads fewer than %i blocks", async (call, limit) => {
    expect((await costOf(call)).blocks).toBeLessThan(limit);
  });

  it("the usual duration of a run's kind and size reads fewer than 2500 blocks", async () => {
    const id = await idOf(
      "select request_id as id from public.ops_db_backup_runs where kind = 'drill' limit 1",
    );
    expect((await costOf(`ops_db_backup_usual_duration('${id}')`)).blocks).toBeLessThan(2500);
  });

  it("a search without a match stops after its limit of 20,000 rows", async () => {
    const backups = await costOf("ops_db_backups_list(p_search => 'não existe')");
    const runs = await costOf("ops_db_backup_runs_list(p_search => 'não existe')");
    expect(backups.rows + runs.rows).toBe(0);
    expect(backups.blocks).toBeLessThan(25_000);
    expect(runs.blocks).toBeLessThan(25_000);
  });
});
