/** What a page of the lists costs in a catalog of many years: the first, and one far back. */
import { z } from "zod";
import { findPostgres } from "../../lib/postgres/binaries.ts";
import { SERVER_PROGRAMS, withSupabaseServer } from "../../lib/server/supabase.ts";
import { PsqlSession } from "../../lib/postgres/psql.ts";
import { migrate, readMigrations } from "../migrate.ts";
import { lastOfPage, manyRows } from "./catalog_rows.ts";

const DATABASE = "catalog";
const BACKUPS = 1_000_000;
const RUNS = 200_000;
const PAGE = 10_000;
const REPEATS = 15;

/** Whoever asks may: what a permission costs is the ERP's, not the catalog's. */
export const PERMISSIONS = `
create function public.has_permission_for_current_user(p_module text, p_action text) returns boolean
  language sql as 'select true';
create function public.require_permission_for_current_user(p_module text, p_action text) returns void
  language sql as 'select null::void';
create function public.current_empresa_id() returns uuid language sql as 'select gen_random_uuid()';`;

interface List {
  name: string;
  table: "ops_db_backups" | "ops_db_backup_runs";
  /** So that the table has more than ten thousand pages. */
  pageSize: number;
}

const LISTS: readonly List[] = [
  { name: "ops_db_backups_list", table: "ops_db_backups", pageSize: 50 },
  { name: "ops_db_backup_runs_list", table: "ops_db_backup_runs", pageSize: 19 },
];

export interface PageCost {
  call: string;
  page: number;
  /** Median of the calls. */
  ms: number;
  /** Blocks of 8 kB that a call reads. */
  blocks: number;
}

const explained = z.tuple([z.object({
  "Execution Time": z.number(),
  Plan: z.object({ "Shared Hit Blocks": z.number(), "Shared Read Blocks": z.number() }),
})]);

export async function measureCatalog(signal: AbortSignal, log: (line: string) => void): Promise<PageCost[]> {
  const binaries = findPostgres([...SERVER_PROGRAMS]);
  const psql = binaries.path("psql");
  const costs: PageCost[] = [];
  await withSupabaseServer({ binaries, databases: [DATABASE], signal }, async (server) => {
    const connection = server.connection("postgres", DATABASE);
    const session = await PsqlSession.open({ psql, connection, signal });
    try {
      await session.run(PERMISSIONS);
      await migrate(psql, connection, await readMigrations());
      log(`filling a catalog of ${BACKUPS} backups and ${RUNS} runs`);
      await session.run(manyRows(BACKUPS, RUNS));
      for (const list of LISTS) costs.push(...await measureList(session, list));
    } finally {
      await session.close();
    }
  });
  return costs;
}

async function measureList(session: PsqlSession, { name, table, pageSize }: List): Promise<PageCost[]> {
  const [after] = await session.run(`${lastOfPage(table, PAGE - 1, pageSize)};`);
  const first = `${name}(p_limit => ${pageSize})`;
  const late = `${name}(p_limit => ${pageSize}, p_after_id => '${after}')`;
  return [await measureCall(session, first, 1), await measureCall(session, late, PAGE)];
}

async function measureCall(session: PsqlSession, call: string, page: number): Promise<PageCost> {
  const samples: { ms: number; blocks: number }[] = [];
  for (let n = 0; n <= REPEATS; n++) {
    const text = await session.run(
      `explain (analyze, buffers, timing off, format json) select * from public.${call};`,
    );
    const [{ Plan, "Execution Time": ms }] = explained.parse(JSON.parse(text.join("")));
    // the first call reads what the later ones find in memory
    if (n > 0) samples.push({ ms, blocks: Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"] });
  }
  samples.sort((a, b) => a.ms - b.ms);
  const median = samples[Math.floor(samples.length / 2)];
  if (!median) throw new Error("Cannot measure without a call");
  return { call, page, ...median };
}

/** The costs as a table, with the ratio of the far page to the first. */
export function catalogTable(costs: readonly PageCost[]): string {
  const rows = costs.map(({ call, page, ms, blocks }, index) => {
    const first = page === 1 ? undefined : costs[index - 1];
    const ratio = (value: number, of: number | undefined) =>
      of === undefined ? "1.00" : (value / of).toFixed(2);
    return `| \`${call.replace(/, p_after_id.*/, ", p_after_id => …)")}\` | ${page} | ${
      ms.toFixed(2)
    } | ${blocks} | ` +
      `${ratio(ms, first?.ms)} | ${ratio(blocks, first?.blocks)} |`;
  });
  return [
    `Of ${BACKUPS} backups and ${RUNS} runs, median of ${REPEATS} calls:`,
    "",
    "| call | page | ms | blocks | × ms | × blocks |",
    "|---|---:|---:|---:|---:|---:|",
    ...rows,
  ].join("\n");
}
