/**
 * Upgrade of an older catalog, downgrade, and upgrade again, with the statements of docs/adopting.md: the calls of an
 * older client and the writes of an older command work in each state, and no row is lost.
 */
import { readFile } from "node:fs/promises";
import { parseDatabaseUrl } from "../../scripts/lib/postgres/connection.ts";
import { blocksOf } from "../../scripts/tests/markdown_commands.ts";
import { migrate, readMigrations } from "../../scripts/dev/migrate.ts";
import { findPostgres } from "../../scripts/lib/postgres/binaries.ts";
import type { Sql } from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backupRowSchema } from "@backup/vault/catalog.ts";
import { catalogAccessQuery, catalogDifferences } from "../../scripts/lib/catalog/access.ts";
import { outcomeOf, TestCluster } from "./cluster.ts";

const OLDER_KEYS = ["20251203_031000", "20251202_031000", "20251202_031000", "20251201_031000"];

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createDatabase("erp");
  await sql.unsafe(await readFile(new URL("older_catalog.sql", import.meta.url), "utf8"));
});
afterAll(() => cluster.stop());

async function push(): Promise<string[]> {
  const owner = parseDatabaseUrl(cluster.url("erp"), "the test's URL");
  return await migrate(findPostgres(["psql"]).path("psql"), owner, await readMigrations());
}

/** The statements of docs/adopting.md for one direction, in their order. */
async function statements(direction: "back" | "forward" | "close"): Promise<string[]> {
  const text = await readFile(new URL("../../docs/adopting.md", import.meta.url), "utf8");
  return blocksOf(text.replaceAll(/^ {3}/gm, "")).filter(({ language, mark }) =>
    language === "sql" && mark === direction
  ).map((block) => block.text);
}

/** The call of an older client: the list with its three arguments, by name, as a signed-in user. */
async function olderList(): Promise<string[]> {
  return await sql.begin(async (tx) => {
    await tx.unsafe("set local revo.may = 'ops:view'; set local role authenticated");
    const rows = await tx.unsafe<{ r2_key: string }[]>(
      "select * from public.ops_db_backups_list(p_target => 'prod', p_limit => 50, p_offset => 0)",
    );
    return rows.map(({ r2_key }) => /_(\d{8}_\d{6})/.exec(r2_key)?.[1] ?? r2_key);
  });
}

const fileOf = (stamp: string) => `supabase_prod_${stamp}.dump.gz`;
const keyOf = (stamp: string) =>
  `revo/prod/${stamp.replace(/^(....)(..)(..).*$/, "$1/$2/$3")}/${fileOf(stamp)}`;
const dayOf = (stamp: string) => stamp.replace(/^(....)(..)(..).*$/, "$1-$2-$3T03:10:00Z");

/** The write of an older command: the contract's columns, as the owner or with the service key. */
function olderInsert(stamp: string, { mode = "full", role = "postgres" } = {}): Promise<string> {
  return outcomeOf(sql.begin(async (tx) => {
    await tx.unsafe(`set local role ${role}`);
    await tx.unsafe(
      `insert into public.ops_db_backups (created_at, target, mode, r2_bucket, r2_key, sha256, bytes, status)
       values ($1, 'prod', $2, 'b', $3, $4, 13, 'uploaded')`,
      [dayOf(stamp), mode, keyOf(stamp), "a".repeat(64)],
    );
  }));
}

function record(stamp: string): Promise<string> {
  const manifest = {
    target: "prod",
    mode: "full",
    created_at_utc: dayOf(stamp),
    file: fileOf(stamp),
    bytes: 13,
    sha256: "a".repeat(64),
  };
  return outcomeOf(sql.unsafe("select public.ops_db_backup_record($1::text::jsonb)", [
    JSON.stringify({ r2_bucket: "b", r2_key: keyOf(stamp), manifest }),
  ]));
}

test("upgrade: the older client reads the older rows and the new ones", async () => {
  expect(await push()).toHaveLength((await readMigrations()).length);
  expect(await olderList()).toEqual(OLDER_KEYS);
  expect(await record("20260201_031000")).toBe("ok");
  expect(await olderList()).toEqual(["20260201_031000", ...OLDER_KEYS]);
  expect(await olderInsert("20260202_031000", { mode: "data-only" }), "the rules are in force").toBe("23514");
});

test("downgrade: refused while a run is active; then the older release reads and writes as before", async () => {
  const [quiet = "", ...rest] = await statements("back");
  expect(rest).toHaveLength(1);
  const start = { request_id: crypto.randomUUID(), kind: "backup", target: "prod", mode: "full" };
  await sql.unsafe("select public.ops_db_backup_run_start($1::text::jsonb)", [JSON.stringify(start)]);
  await expect(sql.unsafe(quiet)).rejects.toThrow("a run is not over yet");
  const end = { request_id: start.request_id, status: "failed" };
  await sql.unsafe("select public.ops_db_backup_run_finish($1::text::jsonb)", [JSON.stringify(end)]);
  for (const text of [quiet, ...rest]) await sql.unsafe(text);

  expect(await olderInsert("20260202_031000", { mode: "data-only" })).toBe("ok");
  expect(await olderInsert("20260203_031000", { role: "service_role" })).toBe("ok");
  expect(await olderInsert("20260203_031000", { role: "service_role" }), "an object written twice").toBe(
    "ok",
  );
  expect(await olderList()).toEqual([
    "20260203_031000",
    "20260203_031000",
    "20260202_031000",
    "20260201_031000",
    ...OLDER_KEYS,
  ]);
});

test("upgrade again: every row exists, the constraints hold, and rows written meanwhile are usable", async () => {
  for (const text of await statements("forward")) await sql.unsafe(text);
  expect(await push()).toEqual(["20260102000000"]);
  expect(await olderList()).toHaveLength(8);
  const rows = await sql.begin(async (tx) => {
    await tx.unsafe("set local revo.may = 'ops:view'");
    return await tx.unsafe("select to_jsonb(b) as row from public.ops_db_backups_list() b");
  });
  expect(rows.map(({ row }) => backupRowSchema.parse(row).r2_key)).toHaveLength(8);
  expect(await olderInsert("20260204_031000", { mode: "data-only" })).toBe("23514");
  expect(await olderInsert("20260204_031000", { role: "service_role" })).toBe("42501");
  expect(await record("20260203_031000"), "the newest of the two rows counts").toBe("ok");
  expect(await record("20260203_031000")).toBe("ok");
  expect(await sql.unsafe("select from public.ops_db_backups where duplicate_of is not null")).toHaveLength(
    2,
  );
  const [audit] = await sql.unsafe("select public.ops_db_backup_audit_verify() as verdict");
  expect(audit?.verdict).toMatchObject({ ok: true });
});

/** As a later migration of the ERP, which knows the older catalog only. */
const REOPENED = `
create or replace function public.ops_db_backups_list(p_target text default null, p_limit int default 50, p_offset int default 0)
  returns setof public.ops_db_backups language sql stable security definer set search_path = pg_catalog, public as
  'select * from public.ops_db_backups order by created_at desc limit p_limit offset p_offset';
grant select, insert, update on public.ops_db_backups to authenticated;
create policy ops_db_backups_read on public.ops_db_backups for select to authenticated using (true);`;

test("a later migration that opens the catalog is reported, and closed by the last of ours", async () => {
  const differences = async () => {
    const [row] = await sql.unsafe(await catalogAccessQuery());
    return catalogDifferences(Object.values(row ?? {})[0]);
  };
  expect(await differences()).toEqual([]);
  await sql.unsafe(REOPENED);
  expect(await differences()).toContain("there are 2 functions ops_db_backups_list");
  expect(await differences()).toContain("authenticated may use table ops_db_backups: INSERT, SELECT, UPDATE");

  for (const text of await statements("close")) await sql.unsafe(text);
  expect(await push()).toEqual(["20260109000000"]);
  expect(await differences()).toEqual([]);
  expect(await olderList()).toHaveLength(8);
});
