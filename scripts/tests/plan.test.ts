/** The plan changes nothing, and the restore after it has the planned effects. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { restorePlanSchema } from "@backup/runs/restore_plan.ts";
import type { PastRestore } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { type PlanOrder, planRestore, type RestorePlan } from "../lib/restore/plan.ts";
import { planSummary } from "../lib/restore/plan_summary.ts";
import { describeChanges } from "../lib/restore/plan_changes.ts";
import { atPhase, sqlNow } from "./engine_breakage.ts";
import {
  backUp,
  binaries,
  commandEnvironment,
  createProject,
  engine,
  fixture,
  oldArchive,
  restore,
  sql,
  startPlace,
  stateOf,
  type TestPlace,
  type TestVault,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MIGRATIONS = new URL("../../supabase/migrations/", import.meta.url);
/** The id of a run that was requested on the screen. */
const REQUESTED = "00000000-0000-4000-8000-00000000000a";
/** The backup names it, the server no longer has it. */
const LOST_ROLE = "auditoria externa";

let place: TestPlace;
let server: SupabaseServer;
let store: TestVault;
let prod: Connection;
let key: string;

beforeAll(async () => {
  place = await startPlace();
  ({ server, store } = place);
  prod = await createProject(server, "prod");
  await sql(prod, await fixture("every_kind.sql"));
  await sql(prod, `create role "${LOST_ROLE}"; grant select on public.clientes to "${LOST_ROLE}";`);
  key = (await backUp(store.vault, prod)).keys.archive;
  await sql(prod, `revoke all on public.clientes from "${LOST_ROLE}"; drop role "${LOST_ROLE}";`);
});

afterAll(() => place?.stop());

function plan(
  connection: Connection,
  of = key,
  { past = [], ...more }: { past?: PastRestore[] } & Partial<PlanOrder> = {},
): Promise<RestorePlan> {
  const context = { ...engine(store.vault, connection), pastRestores: () => Promise.resolve(past) };
  return planRestore(context, { target: "dev", key: of, allowSchemaOnly: false, ...more });
}

/** Exact rows of each table, `absent` for a table that does not exist or has no rows of its own. */
async function rowsOf(connection: Connection, tables: readonly string[]): Promise<(number | "absent")[]> {
  const text = (table: string) => table.replaceAll("'", "''");
  const counts = tables.map((table) =>
    `select case when (select relkind from pg_class where oid = to_regclass('${
      text(table)
    }')) is distinct from 'r' then 'absent' else (xpath('/row/n/text()',
       query_to_xml('select count(*) as n from only ${text(table)}', false, true, '')))[1]::text end;`
  );
  const lines = await sql(connection, counts.join("\n"));
  return lines.map((line) => line === "absent" ? line : Number(line));
}

/** Objects of the project from the system catalogs, each as `kind name`. */
async function objectsOf(connection: Connection): Promise<string[]> {
  return await sql(
    connection,
    `set search_path = '';
     with ours as (select oid, nspname from pg_namespace where nspname !~ '^pg_'
       and nspname not in ('information_schema', 'auth', 'storage', 'realtime', 'extensions')
       and pg_get_userbyid(nspowner) in ('postgres', 'pg_database_owner'))
     select 'schema ' || nspname from ours
     union all select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
         when 'f' then 'foreign table' when 'c' then 'type' else 'table' end || ' ' || n.nspname || '.' || c.relname
       from pg_class c join ours n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
     union all select 'function ' || f.oid::regprocedure from pg_proc f join ours n on n.oid = f.pronamespace
     union all select 'type ' || n.nspname || '.' || t.typname from pg_type t join ours n on n.oid = t.typnamespace
       where t.typtype in ('e', 'd', 'r', 'm')
     union all select 'publication ' || pubname from pg_publication
     union all select 'event trigger ' || evtname from pg_event_trigger
     union all select 'large object ' || oid from pg_largeobject_metadata
     union all select 'policy ' || schemaname || '.' || tablename || '.' || policyname from pg_policies
     order by 1;`,
  );
}

test("a restore has the effects that the plan states, and the plan changes nothing", async () => {
  const target = await createProject(server, "alvo");
  await sql(target, await fixture("other_content.sql"));
  await sql(
    target,
    "create schema sobra; create view sobra.v as select 1; alter table public.clientes add extra int;",
  );
  const before = await stateOf(target);
  const planned = await plan(target);
  expect(await stateOf(target)).toBe(before);

  const tables = planned.tables.listed.map(({ table }) => table);
  expect(planned).toMatchObject({ obstacles: [], missingRoles: [LOST_ROLE], keepsTargetPrivileges: false });
  expect(planned.tables.total).toBe(tables.length);
  expect(planned.tables.listed.map((each) => each.target)).toEqual(await rowsOf(target, tables));
  const objectsBefore = await objectsOf(target);
  expect(await sql(target, `select 1 from pg_roles where rolname = '${LOST_ROLE}';`)).toEqual([]);

  const { verified, skipped } = await restore(store.vault, target, key);
  expect(planned.tables.listed.map((each) => each.backup)).toEqual(await rowsOf(target, tables));
  expect(verified.rows).toBe(planned.tables.backupRows);
  expect(skipped).toHaveLength(Object.values(planned.leftOut).reduce((sum, count) => sum + count, 0));
  expect(await sql(target, `select rolcanlogin from pg_roles where rolname = '${LOST_ROLE}';`)).toEqual([
    "f",
  ]);
  const left = new Set(await objectsOf(target));
  const kinds = new Set(
    objectsBefore.map((name) => /^(?:event trigger|large object|materialized view|\S+)/.exec(name)?.[0]),
  );
  const said = planned.onlyInTarget?.listed.filter(({ kind }) => kinds.has(kind)).map(({ kind, name }) =>
    `${kind} ${name}`
  );
  // policies of a table that is dropped or created as a whole are not listed one by one
  const isNamed = (name: string) => !name.startsWith("policy public.");
  expect(said?.filter(isNamed).sort()).toEqual(
    objectsBefore.filter((name) => !left.has(name)).filter(isNamed).sort(),
  );
  expect(planned.onlyInTarget?.listed).toEqual(expect.arrayContaining([
    { kind: "table", name: "public.so_aqui", fate: "moved_aside" },
    { kind: "column", name: "public.clientes.extra", fate: "replaced" },
    { kind: "publication", name: "velha", fate: "removed" },
    { kind: "policy", name: "storage.objects.só aqui", fate: "removed" },
    { kind: "type", name: "public.faixa_velha", fate: "removed" },
  ]));
  expect(planned.differences?.total).toBeGreaterThan(10);

  expect(await plan(target)).toMatchObject({
    tables: { different: 0, backupRows: verified.rows, targetRows: verified.rows },
    differences: { total: 0, listed: [] },
    onlyInTarget: { total: 0, listed: [] },
    missingRoles: [],
  });
});

/** As the restore reads it from the plan's run. */
const asRead = (planned: RestorePlan) => restorePlanSchema.parse(JSON.parse(JSON.stringify(planned)));

test("the restore reports drift since the plan immediately before it begins, also after a safety copy", async () => {
  const target = await createProject(server, "mudado");
  await sql(target, "create table public.pedidos (id int); create table public.parada (id int);");
  const planned = asRead(await plan(target));
  const quiet = await restore(store.vault, target, key, { plan: planned });
  expect(quiet.changedSincePlan).toEqual({
    tables: { total: 0, listed: [] },
    schema: { total: 0, listed: [] },
  });

  const again = asRead(await plan(target));
  const safety = { requestedBy: "test", requestId: randomUUID(), run: null, gitSha: null };
  // changes during the safety copy are detected too
  const progress = atPhase("safety_backup", () => sqlNow(target, "create table public.depois (id int);"));
  await sql(
    target,
    `delete from public.sem_chave where a <= 3; drop table loja.rascunho;
     revoke execute on function public.visivel() from anon;`,
  );
  const { changedSincePlan } = await restore(store.vault, target, key, { plan: again, safety, progress });
  expect(changedSincePlan?.tables).toEqual({
    total: 3,
    listed: [
      { table: "loja.rascunho", planned: 1, now: "absent" },
      { table: "public.depois", planned: "absent", now: 0 },
      { table: "public.sem_chave", planned: 53, now: 51 },
    ],
  });
  expect(changedSincePlan?.schema?.listed).toEqual([
    "desde a simulação: relação loja.rascunho não existe no destino",
    expect.stringMatching(
      /^desde a simulação: permissões de função public\.visivel\(\): .* no destino, .* no backup$/,
    ),
    "desde a simulação: relação public.depois não existe no backup",
  ]);
  expect(changedSincePlan && describeChanges(changedSincePlan)).toMatch(
    /^the target changed since the plan: 3 tables \(loja\.rascunho 1 → absent, .*\), 3 facts of schema/,
  );
  await expect(restore(store.vault, target, key, { plan: { ...again, target: "verify" } })).rejects
    .toMatchObject({ code: "plan_required" });
});

test("a session in a transaction is named, and one that locks a table is an obstacle with its name", async () => {
  const target = await createProject(server, "ocupado");
  await sql(target, "create table public.pedidos (id int); insert into public.pedidos values (1);");
  const env = { ...target.env, PGAPPNAME: "faturamento" };
  const other = await PsqlSession.open({ psql: binaries.path("psql"), connection: { ...target, env } });
  try {
    await other.run("begin; update public.pedidos set id = 2;");
    const { sessions } = await plan(target);
    expect(sessions).toMatchObject({
      total: 1,
      listed: [{
        user: "postgres",
        application: "faturamento",
        state: "idle in transaction",
        tables: ["public.pedidos"],
      }],
    });
    expect(Date.parse(sessions.listed[0]?.since ?? "")).toBeLessThan(Date.now());
    await other.run("lock table public.pedidos in access exclusive mode;");
    await expect(plan(target)).rejects.toMatchObject({
      code: "target_locked",
      message: expect.stringMatching(/application 'faturamento', user postgres, .*holds public\.pedidos/),
    });
  } finally {
    await other.kill();
  }
  expect((await plan(target)).sessions).toEqual({ total: 0, listed: [] });
});

test("reports the facts that an old manifest does not contain", async () => {
  const target = await createProject(server, "de_antes");
  await sql(target, "create table public.clientes (id int); create table public.so_aqui (id int);");
  const planned = await plan(target, await oldArchive(store, prod));
  expect(planned.backup).toMatchObject({
    proofs: "hash",
    rawBytes: null,
    unknown: ["rows", "sequences", "schema", "roles", "extensions", "raw_size"],
  });
  expect(planned).toMatchObject({
    differences: null,
    onlyInTarget: null,
    missingRoles: null,
    extensions: null,
    keepsTargetPrivileges: true,
    disk: { added: null },
    tables: { backupRows: null },
  });
  expect(planned.tables.listed).toEqual(expect.arrayContaining([
    { table: "public.clientes", backup: "unknown", target: 0, difference: null },
    { table: "public.so_aqui", backup: "absent", target: 0, difference: 0 },
  ]));
});

test("lists what an archive without privileges leaves open and closed, as the restore does it", async () => {
  const old = await oldArchive(store, prod);
  for (const privilegesFrom of [null, key]) {
    const target = await createProject(server, privilegesFrom === null ? "fechado" : "com_fonte");
    const planned = await plan(target, old, { privilegesFrom });
    const { verified } = await restore(store.vault, target, old, { privilegesFrom });
    const { access } = planned;
    expect(access?.from).toBe(privilegesFrom);
    expect(Object.fromEntries(access?.roles.map(({ role, open }) => [role, open]) ?? [])).toEqual(
      verified.open,
    );
    expect(restorePlanSchema.parse(planned).access).toEqual(access);
    if (privilegesFrom === null) {
      expect(access).toMatchObject({ open: { total: 0 }, closed: { total: verified.closed?.length } });
      expect(planSummary(planned)).toMatch(/Fechados depois da restauração[^]*tabela public\.clientes/);
    } else {
      expect(verified.open).toMatchObject({ anon: expect.any(Number) });
      expect(access?.open.listed).toContainEqual(
        { kind: "table", name: "public.clientes", roles: expect.arrayContaining(["anon"]) },
      );
      expect(planSummary(planned)).toMatch(/as do backup revo\/prod[^]*tabela public\.clientes: .*anon/);
    }
  }
  const other = await createProject(server, "com_permissoes");
  await sql(other, await fixture("other_content.sql"));
  const planned = await plan(other);
  expect(planned.access).toBeNull();
  const summary = planSummary(planned);
  expect(summary).toMatch(
    /Diferenças de estrutura e permissões[^]*restrição public\..* não existe no destino/,
  );
  expect(summary).toMatch(/Entradas não usadas.*\d+ × estrutura da plataforma/);
  expect(summary).not.toMatch(/is missing|not in the backup|, expected |of the platform|public\.public/);
});

test("what the plan reports as an obstacle fails the restore", async () => {
  const target = await createProject(server, "impedido");
  await sql(target, "create extension unaccent schema public;");
  const before = await stateOf(target);
  expect((await plan(target)).obstacles).toEqual([{ kind: "extension_only_in_target", name: "unaccent" }]);
  await expect(restore(store.vault, target, key)).rejects.toMatchObject({
    code: "restore_failed",
    phase: "inspect",
  });
  expect(await stateOf(target)).toBe(before);
  await sql(target, "drop extension unaccent;");

  await sql(target, "create schema mapas; create extension unaccent schema mapas;");
  const { keys: withExtension } = await backUp(store.vault, target);
  await sql(server.connection("supabase_admin", "impedido"), "alter extension unaccent set schema public;");
  expect((await plan(target, withExtension.archive)).obstacles).toEqual([
    { kind: "extension_schema", name: "unaccent", backup: "mapas", target: "public" },
  ]);
  await expect(restore(store.vault, target, withExtension.archive)).rejects.toMatchObject({
    code: "restore_failed",
    phase: "inspect",
  });
  await sql(server.connection("supabase_admin", "impedido"), "alter extension unaccent set schema mapas;");
  expect((await plan(target, withExtension.archive)).obstacles).toEqual([]);
  expect((await restore(store.vault, target, withExtension.archive)).warnings).toEqual([]);
  expect((await plan(target)).obstacles).toEqual([]);
  expect((await restore(store.vault, target, key)).warnings).toEqual([]);
  expect(await sql(target, "select 1 from pg_extension where extname = 'unaccent';")).toEqual([]);

  await sql(server.connection("supabase_auth_admin", "impedido"), "create table auth.novidade (id int);");
  expect((await plan(target)).obstacles).toEqual([]);
  expect((await restore(store.vault, target, key)).warnings).toEqual([]);
  await sql(server.connection("supabase_auth_admin", "impedido"), "drop table auth.novidade;");

  const { keys } = await backUp(store.vault, prod, { mode: "schema-only" });
  expect((await plan(target, keys.archive)).obstacles).toEqual([{ kind: "schema_only" }]);
  const allowed = await plan(target, keys.archive, { allowSchemaOnly: true });
  expect(allowed).toMatchObject({ obstacles: [], tables: { backupRows: 0 } });
  await restore(store.vault, target, keys.archive, { allowSchemaOnly: true });
  expect((await plan(target, keys.archive)).tables).toMatchObject({ different: 0, targetRows: 0 });
});

test("an archive that was changed in the vault is an obstacle; one too large to read is stated", async () => {
  const { keys } = await backUp(store.vault, prod);
  const good = await plan(prod, keys.archive);
  expect([good.backup.reading, good.obstacles]).toEqual(["equal", []]);
  const bytes = await store.vault.bytes(keys.archive);
  bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
  await store.replace(keys.archive, bytes);
  const spoilt = await plan(prod, keys.archive);
  expect(spoilt.backup.reading).toBe("different");
  expect(spoilt.obstacles).toEqual([expect.objectContaining({ kind: "archive_hash" })]);
  await expect(restore(store.vault, prod, keys.archive)).rejects.toMatchObject({ code: "archive_corrupt" });
  const unread = await plan(prod, keys.archive, { readUpTo: 10 });
  expect([unread.backup.reading, unread.obstacles]).toEqual(["too_large", []]);
  expect((await plan(prod, await oldArchive(store, prod))).backup.reading).toBe("equal");
});

test("says whether the requester's account is older than the backup", async () => {
  const target = await createProject(server, "contas");
  await sql(
    target,
    `insert into auth.users (id, email, created_at) values
       (gen_random_uuid(), 'Ana@revo.com.br', '2026-01-02T03:04:05Z');`,
  );
  const accountOf = async (requester: string | null) => (await plan(target, key, { requester })).account;
  expect(await accountOf("ana@revo.com.br")).toEqual({
    email: "ana@revo.com.br",
    createdAt: "2026-01-02T03:04:05Z",
  });
  expect(await accountOf("rui@revo.com.br")).toEqual({ email: "rui@revo.com.br", createdAt: null });
  expect(await accountOf("command line")).toBeNull();
});

test("the predicted duration uses the median of the measured throughput, and the longest lock", async () => {
  const { bytes } = (await plan(prod)).backup;
  const locks: Record<number, number> = { 10: 0.4, 30: 3.2 }; // the third restore did not measure its lock
  const past = [10, 1000, 30].map((seconds) => ({
    seconds,
    bytes: bytes * 2,
    lockedSeconds: locks[seconds] ?? null,
  }));
  expect((await plan(prod, key, { past })).duration).toEqual({
    seconds: 15,
    measured: 3,
    reason: null,
    locked: { seconds: 4, measured: 2 },
  });
  expect((await plan(prod)).duration).toEqual({
    seconds: null,
    measured: 0,
    reason: "no_restore_yet",
    locked: { seconds: null, measured: 0 },
  });
});

/** A database's state without its catalog's rows of runs. */
const withoutHistory = (state: string) =>
  state.split("\n").filter((line) => !/^public\.ops_db_backup_(runs|audit\w*) /.test(line)).join("\n");

test("the command plans for prod without a confirmation, concurrently with a run that holds the lock", async () => {
  const catalog = await createProject(server, "catalogo");
  for (const file of (await readdir(MIGRATIONS)).sort()) {
    await sql(catalog, await readFile(new URL(file, MIGRATIONS), "utf8"));
  }
  await sql(
    catalog,
    `insert into public.ops_db_backups (target, mode, r2_bucket, r2_key, bytes)
       values ('prod', 'full', 'test', '${key}', 1000);
     insert into public.ops_db_backup_runs (kind, target, status, r2_key, request_id, started_at, finished_at, result)
       values ('restore', 'prod', 'succeeded', '${key}', gen_random_uuid(), now() - interval '20 s', now(),
               '{"lockedSeconds": 1.5}'),
              ('restore', 'prod', 'running', '${key}', gen_random_uuid(), now(), null, null);
     insert into public.ops_db_backup_runs (kind, target, status, r2_key, request_id, requested_by)
       values ('plan', 'prod', 'queued', '${key}', '${REQUESTED}', 'ana@revo.com.br');`,
  );
  const before = withoutHistory(await stateOf(catalog));
  const { stdout } = await promisify(execFile)(join(ROOT, "node_modules/.bin/deno"), [
    "run",
    "-A",
    "--cached-only",
    "scripts/restore.ts",
  ], {
    cwd: ROOT,
    env: {
      ...commandEnvironment(place),
      TARGET: "prod",
      R2_KEY: key,
      PLAN: "true",
      REQUEST_ID: REQUESTED,
      GITHUB_ACTOR: "revo-bot",
      GITHUB_STEP_SUMMARY: join(place.folder, "summary.md"),
      SUPABASE_DB_URL_PROD: server.url("postgres", "catalogo"),
    },
  });
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  expect(last).toMatch(/^PLAN_JSON=\{/);
  const planned: RestorePlan = JSON.parse(last.slice("PLAN_JSON=".length));
  expect(planned).toMatchObject({
    target: "prod",
    sessions: { total: 0 },
    // the signed-in user, whom only the run's row names
    account: { email: "ana@revo.com.br", createdAt: null },
    duration: { measured: 1, reason: null, locked: { seconds: 2, measured: 1 } },
  });
  expect(planned.duration.seconds).toBe(Math.ceil(20 / 1000 * planned.backup.bytes));
  expect(planned.stays.listed).toContain("public.ops_db_backups");
  expect(planned.onlyInTarget?.listed.map(({ name }) => name).filter((name) => /ops_db_backup/.test(name)))
    .toEqual([]);
  expect(last.length).toBeLessThan(200_000);
  expect(withoutHistory(await stateOf(catalog))).toBe(before);
  const [run = ""] = await sql(
    catalog,
    "select row_to_json(r) from public.ops_db_backup_runs r where kind = 'plan';",
  );
  expect(JSON.parse(run)).toMatchObject({
    target: "prod",
    r2_key: key,
    status: "succeeded",
    result: { plan: planned },
  });
  const summary = await readFile(join(place.folder, "summary.md"), "utf8");
  expect(summary).toContain("Plano da restauração (nada foi alterado)");
  expect(summary).toContain("(como a única medida)");
  expect(summary).toContain("cerca de 2 s, só enquanto troca e confere (medido em uma restauração)");
});
