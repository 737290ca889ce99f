/** The migrations on a fresh database, on a migrated one, and on one with an older catalog. */
import { readFile } from "node:fs/promises";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backupRowSchema } from "@backup/vault/catalog.ts";
import { migrate, outcomeOf, TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
});
afterAll(() => cluster.stop());

/** The columns that the baseline's functions read, by table. */
const READ_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  empresas: ["id", "ativa"],
  papeis: ["id"],
  papel_permissoes: ["papel_id", "modulo", "acao"],
  empresa_usuarios: ["empresa_id", "user_id", "papel_id", "ativo"],
  usuario_empresa_ativa: ["user_id", "empresa_id"],
};

const CONTRACT_COLUMNS = "id, created_at, target, mode, r2_bucket, r2_key, sha256, bytes, git_sha, status";

describe("on a fresh database", () => {
  it("all succeed, and change nothing when applied again", async () => {
    const sql = await cluster.createMigrated("twice");
    const before = await cluster.dump("twice");
    expect(before).toContain("CREATE TABLE public.ops_db_backup_runs");
    await migrate(sql);
    expect(await cluster.dump("twice")).toBe(before);
  });

  it("need no default privileges, and grant no more in a project that has them", async () => {
    const sql = await cluster.createDatabase("strict");
    await sql.unsafe(`
      alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
      alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
      alter default privileges revoke execute on functions from public`);
    await migrate(sql);
    expect(await opsGrants(sql)).toEqual(await opsGrants(cluster.connect("twice")));
  });
});

describe("on a database with one of the baseline's tables, with other columns", () => {
  /** The first migration after `sql`: its error, and what it leaves when it ends with one. */
  const outcomeAfter = (sql: string) =>
    cluster.connect("halves").begin(async (tx) => {
      await tx.unsafe(sql);
      const objects = async () =>
        await tx.unsafe("select relname from pg_class where relnamespace = 'public'::regnamespace");
      const before = await objects();
      const error = await tx.savepoint(async (inner) => void await inner.unsafe(await baseline())).catch(
        String,
      );
      if (error !== undefined) expect(await objects()).toEqual(before);
      await tx.unsafe("set constraints all immediate");
      throw new Undone(error);
    }).catch((thrown) => {
      if (thrown instanceof Undone) return thrown.error;
      throw thrown;
    });
  const baseline = () =>
    readFile(new URL("../migrations/20260101000000_revo_baseline.sql", import.meta.url), "utf8");
  class Undone extends Error {
    constructor(readonly error: string | undefined) {
      super("undone");
    }
  }
  beforeAll(async () => void await cluster.createDatabase("halves"));

  it.each(Object.entries(READ_COLUMNS))(
    "%s: it fails by the name of a column, and leaves nothing",
    async (table, columns) => {
      expect(await outcomeAfter(`create table public.${table} (codigo integer primary key)`)).toMatch(
        new RegExp(`PostgresError: column "?(\\w+\\.)?(${columns.join("|")})"? .*does not exist`),
      );
    },
  );

  it("reads no table where both functions that read them are the ERP's", async () => {
    const functions =
      `create function public.has_permission_for_current_user(text, text) returns boolean language sql as 'select true';
      create function public.current_empresa_id() returns uuid language sql as 'select null::uuid';`;
    for (const table of Object.keys(READ_COLUMNS)) {
      expect(await outcomeAfter(`create table public.${table} (codigo integer); ${functions}`))
        .toBeUndefined();
    }
  });
});

describe("on a database with Revo's own functions and an older catalog", () => {
  let sql: Sql;
  let revoBefore: string[];
  let rowsBefore: readonly unknown[];

  beforeAll(async () => {
    sql = await cluster.createDatabase("older");
    await sql.unsafe(await readFile(new URL("older_catalog.sql", import.meta.url), "utf8"));
    revoBefore = await revoObjects(sql);
    rowsBefore = await contractRows(sql);
    await migrate(sql);
    await migrate(sql);
  });

  it("keep every row with every value", async () => {
    expect(rowsBefore).toHaveLength(4);
    expect(await contractRows(sql)).toEqual(rowsBefore);
  });

  it("leave Revo's functions and tables as they are and add none of the baseline", async () => {
    expect(await revoObjects(sql)).toEqual(revoBefore);
  });

  it("leave one ops_db_backups_list, with the contract's columns and the grants it had", async () => {
    const rows = await sql.unsafe(`
      select proargnames[1:3] as args, has_function_privilege('older_reader', oid, 'execute') as kept,
             has_function_privilege('anon', oid, 'execute') as anon
        from pg_proc where proname = 'ops_db_backups_list'`);
    expect(rows).toEqual([{ args: ["p_target", "p_limit", "p_offset"], kept: true, anon: false }]);
  });

  it("list the older rows, and refuse without Revo's permission", async () => {
    expect(await outcomeOf(sql.unsafe("select * from public.ops_db_backups_list()"))).toBe("42501");
    const rows = await sql.begin(async (tx) => {
      await tx.unsafe("set local revo.may = 'ops:view'");
      return await tx.unsafe("select to_jsonb(b) as row from public.ops_db_backups_list(p_limit => 10) b");
    });
    const parsed = rows.map(({ row }) => backupRowSchema.parse(row));
    expect(parsed.map(({ bytes }) => bytes)).toEqual([12, 11, 11, 10]);
  });

  it("use the newest row of each object, and record the object again without another row", async () => {
    const key = "revo/prod/2025/12/02/supabase_prod_20251202_031000.dump.gz";
    const counting = await sql.unsafe(
      "select status from public.ops_db_backups where r2_key = $1 and duplicate_of is null",
      [key],
    );
    expect(counting).toEqual([{ status: "restored" }]);
    const manifest = {
      target: "prod",
      mode: "full",
      created_at_utc: "2025-12-02T03:10:00Z",
      file: key.split("/")[5],
      bytes: 11,
    };
    await sql.unsafe("select public.ops_db_backup_record($1::text::jsonb)", [
      JSON.stringify({ r2_bucket: "b", r2_key: key, manifest: { ...manifest, sha256: "b".repeat(64) } }),
    ]);
    expect(await contractRows(sql)).toHaveLength(4);
  });

  it("remove the names and policies that a restore would fail on", async () => {
    const rows = await sql.unsafe(`
      select i.indexrelid::regclass::text as name from pg_index i where indrelid = 'public.ops_db_backups'::regclass
      union all select conname from pg_constraint where conrelid = 'public.ops_db_backups'::regclass
      union all select polname from pg_policy where polrelid = 'public.ops_db_backups'::regclass`);
    expect(rows.map(({ name }) => name).filter((name: string) => !name.startsWith("ops_db_backup"))).toEqual(
      [],
    );
  });

  it("enforce the constraints on new rows although an older row violates them", async () => {
    const insert =
      "insert into public.ops_db_backups (target, mode, r2_bucket, r2_key) values ('prod', $1, 'b', 'k')";
    expect(await outcomeOf(sql.unsafe(insert, ["data-only"]))).toBe("23514");
    const rules = await sql.unsafe(
      "select conname, convalidated from pg_constraint where conname ~ '_known$' and conrelid = 'public.ops_db_backups'::regclass order by 1",
    );
    expect(rules).toEqual([
      { conname: "ops_db_backups_mode_known", convalidated: false },
      { conname: "ops_db_backups_status_known", convalidated: true },
      { conname: "ops_db_backups_target_known", convalidated: true },
    ]);
  });
});

async function contractRows(sql: Sql): Promise<readonly unknown[]> {
  return await sql.unsafe(`select ${CONTRACT_COLUMNS} from public.ops_db_backups order by created_at, id`);
}

/** Everything in public except the catalog, as text. */
async function revoObjects(sql: Sql): Promise<string[]> {
  const found = await sql.unsafe<{ text: string }[]>(`
    select pg_get_functiondef(oid) || coalesce(proacl::text, '') as text
      from pg_proc where pronamespace = 'public'::regnamespace and proname !~ '^ops_db_backup'
    union all
    select c.relname || coalesce(c.relacl::text, '') || coalesce(string_agg(a.attname, ',' order by a.attnum), '')
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
     where c.relnamespace = 'public'::regnamespace and c.relname !~ '^(ops_db_backup|idx_backups)' group by c.oid
    order by 1`);
  return found.map(({ text }) => text);
}

async function opsGrants(sql: Sql): Promise<readonly unknown[]> {
  return await sql.unsafe(`
    select p.proname, x.grantee::regrole::text as grantee, x.privilege_type
      from pg_proc p, lateral aclexplode(p.proacl) x where p.proname ~ '^ops_db_backup'
    union all
    select c.relname, x.grantee::regrole::text, x.privilege_type
      from pg_class c, lateral aclexplode(c.relacl) x where c.relname ~ '^ops_db_backup' and c.relkind = 'r'
    order by 1, 2, 3`);
}
