/** Access to every function and table of the catalog, as every kind of caller. */
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogRoleCheck } from "../../scripts/lib/doctor/catalog_role.ts";
import { asCaller, type Caller, CALLERS, outcomeOf, TestCluster, userId } from "./cluster.ts";

const RUN = "aaaaaaaa-0000-4000-8000-000000000001";
const NEW = "aaaaaaaa-0000-4000-8000-000000000002";
const LOOK = "aaaaaaaa-0000-4000-8000-000000000003";
const TAKEN = "aaaaaaaa-0000-4000-8000-000000000004";
const SEALED = { v: 1, public_key: `B${"A".repeat(86)}=`, iv: "A".repeat(16), body: "ABCD" };
const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
const MANIFEST = {
  kind: "supabase_db_backup",
  target: "prod",
  mode: "full",
  created_at_utc: "2026-01-15T03:10:22Z",
  file: "supabase_prod_20260115_031022.dump.gz",
  sha256: "a".repeat(64),
  bytes: 1234,
  git_sha: null,
};

const DENIED = "42501";
const FORBIDDEN = "42501 forbidden";
type Expected = Record<Caller, string>;

/** For functions of signed-in users: anon and service_role lack EXECUTE, the owner has no user. */
const readers: Expected = {
  anon: DENIED,
  no_rights: FORBIDDEN,
  viewer: "ok",
  manager: "ok",
  undecided: "ok",
  service_role: DENIED,
  owner: FORBIDDEN,
};
const managers: Expected = { ...readers, viewer: FORBIDDEN };
const scripts: Expected = {
  anon: DENIED,
  no_rights: DENIED,
  viewer: DENIED,
  manager: DENIED,
  undecided: DENIED,
  service_role: "ok",
  owner: "ok",
};

const json = (value: unknown) => `'${JSON.stringify(value)}'::jsonb`;
const FUNCTIONS: Record<string, [args: string, expected: Expected]> = {
  ops_db_backups_list: ["", readers],
  ops_db_backup_runs_list: ["", readers],
  ops_db_backup_manifest: [`'${KEY}'`, readers],
  ops_db_backup_durations: ["", readers],
  ops_db_backup_usual_duration: [`'${RUN}'`, readers],
  ops_db_backup_days: ["", readers],
  ops_db_backup_overview: ["", readers],
  ops_db_backup_reports_list: ["", readers],
  ops_db_backup_audit_list: ["", readers],
  ops_db_backup_audit_check: ["", readers],
  ops_db_backup_hold: [`'${KEY}', now() + interval '1 year', 'fechamento do ano'`, managers],
  ops_db_backup_download: [`'${KEY}', 'cópia para o auditor'`, managers],
  ops_db_backup_look_request: [`'${NEW}', '${KEY}', 'pedido do titular', ${json(SEALED)}`, managers],
  ops_db_backup_look_answer: [`'${LOOK}'`, { ...managers, manager: "ok", undecided: "PT404 look_expired" }],
  ops_db_backup_look_withdraw: [`'${LOOK}'`, managers],
  ops_db_backup_look_take: [json({ request_id: LOOK }), scripts],
  ops_db_backup_look_put: [json({ request_id: TAKEN, sealed: SEALED }), scripts],
  ops_db_backup_permissions: ["", { ...readers, no_rights: "ok", owner: "ok" }],
  ops_db_backup_control: ["", readers],
  ops_db_backup_decide: [
    `'${NEW}', true`,
    { ...managers, manager: "PT404 run_not_found", undecided: "PT400 empresa_not_selected" },
  ],
  ops_db_backup_run_request: [
    `'backup', 'dev', 'full', null, null, null, '${NEW}'`,
    { ...managers, undecided: "PT400 empresa_not_selected" },
  ],
  ops_db_backup_run_dispatched: [`'${RUN}', 7, 'https://github.com/x'`, managers],
  ops_db_backup_run_not_dispatched: [`'${RUN}', 'github_forbidden', 'no', false`, managers],
  ops_db_backup_run_settle: [`'${RUN}', 'failed', 'workflow_failed', 'step x'`, managers],
  ops_db_backup_run_start: [
    json({ request_id: NEW, kind: "backup", target: "dev", mode: "full" }),
    scripts,
  ],
  ops_db_backup_run_progress: [json({ request_id: RUN, phase: "dump" }), scripts],
  ops_db_backup_run_finish: [json({ request_id: RUN, status: "succeeded" }), scripts],
  ops_db_backup_record: [json({ r2_bucket: "b", r2_key: KEY, manifest: MANIFEST }), scripts],
  ops_db_backup_mark: [json({ r2_bucket: "b", r2_key: KEY, status: "restored" }), scripts],
  ops_db_backup_runs_expire: ["", scripts],
  ops_db_backup_report: [json({ name: "watchdog", status: "ok", report: {} }), scripts],
  ops_db_backup_watch_facts: [`'prod'`, scripts],
  ops_db_backup_audit_append: [json({ event: "refusal", code: "forbidden" }), scripts],
};
/** Each with one of its columns. */
const TABLES = {
  ops_db_backups: "target",
  ops_db_backup_runs: "target",
  ops_db_backup_reports: "status",
  ops_db_backup_audit: "record",
  ops_db_backup_audit_mirrored: "seq",
  ops_db_backup_settings: "value",
  ops_db_backup_approvals: "decision",
  ops_db_backup_audit_verified: "seq",
  ops_db_backup_sealed: "request",
};

const READ_BY_MAINTENANCE = [
  "ops_db_backups",
  "ops_db_backup_runs",
  "ops_db_backup_reports",
  "ops_db_backup_audit",
];

let cluster: TestCluster;
let sql: Sql;

beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("access");
  await sql.unsafe(`insert into public.ops_db_backup_runs (kind, target, mode, request_id) values
    ('backup', 'prod', 'full', '${RUN}')`);
  await sql.unsafe(`insert into public.ops_db_backup_sealed
      (request_id, r2_key, target, reason, requested_by_id, expires_at, request, taken_at)
    values ('${LOOK}', '${KEY}', 'prod', 'pedido', '${userId("manager")}', 'infinity', ${json(SEALED)}, null),
           ('${TAKEN}', '${KEY}', 'prod', 'pedido', '${userId("manager")}', 'infinity', null, now())`);
  await sql.unsafe(
    `select public.ops_db_backup_record(${json({ r2_bucket: "b", r2_key: KEY, manifest: MANIFEST })})`,
  );
});
afterAll(() => cluster.stop());

describe.each(Object.entries(FUNCTIONS))("%s", (name, [args, expected]) => {
  it.each(CALLERS)("as %s", async (caller) => {
    const outcome = await outcomeOf(
      asCaller(sql, caller, (tx) => tx.unsafe(`select public.${name}(${args})`)),
    );
    expect(outcome).toBe(expected[caller]);
  });
});

it("lets only the owner execute the functions that are not in the table above", async () => {
  const rows = await sql.unsafe<{ name: string; role: string }[]>(
    `select p.proname as name, r.role
       from pg_proc p, unnest(array['anon', 'authenticated', 'service_role']) r (role)
      where p.proname ~ '^ops_db_backup' and p.proname <> all ($1) and has_function_privilege(r.role, p.oid, 'execute')`,
    [Object.keys(FUNCTIONS)],
  );
  expect(rows).toEqual([]);
});

describe.each(Object.entries(TABLES))("table %s", (table, column) => {
  const statements = [
    `select from public.${table}`,
    `insert into public.${table} default values`,
    `update public.${table} set ${column} = null`,
    `delete from public.${table}`,
    `truncate public.${table}`,
  ];
  it.each(CALLERS.filter((caller) => caller !== "owner"))("is closed to %s", async (caller) => {
    for (const statement of statements) {
      expect(await outcomeOf(asCaller(sql, caller, (tx) => tx.unsafe(statement)))).toBe(DENIED);
    }
  });

  it("is open to the owner, which the scripts use", async () => {
    const read = asCaller(sql, "owner", (tx) => tx.unsafe(`select * from public.${table}`));
    expect(await outcomeOf(read)).toBe("ok");
  });

  it("has row-level security enabled, and no policy but that of the commands that read the catalog", async () => {
    const [row] = await sql.unsafe(
      `select relrowsecurity as rls, array(
                select format('%s %s %s', polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid))
                  from pg_policy where polrelid = c.oid) as policies
         from pg_class c where oid = 'public.${table}'::regclass`,
    );
    const policies = READ_BY_MAINTENANCE.includes(table) ? ["r {ops_db_backup_maintenance} true"] : [];
    expect(row).toEqual({ rls: true, policies });
  });
});

describe("ops_db_backup_permissions", () => {
  it.each(
    [
      ["no_rights", { view: false, manage: false, restore: false, empresa: false }],
      ["viewer", { view: true, manage: false, restore: false, empresa: true }],
      ["manager", { view: true, manage: true, restore: true, empresa: true }],
      ["undecided", { view: true, manage: true, restore: true, empresa: false }],
    ] as const,
  )("returns to %s what the screen may offer", async (caller, expected) => {
    const [row] = await asCaller(
      sql,
      caller,
      (tx) => tx.unsafe("select public.ops_db_backup_permissions() as may"),
    );
    expect(row?.may).toEqual(expected);
  });
});

const DRILL = "ops_db_backup_catalog";
const MAINTENANCE = "ops_db_backup_maintenance";
const REPORTS = [
  "ops_db_backup_audit_append",
  "ops_db_backup_mark",
  "ops_db_backup_run_finish",
  "ops_db_backup_run_progress",
  "ops_db_backup_run_start",
];

describe("the roles of jobs that need the catalog alone", () => {
  let admin: Sql;
  beforeAll(() => void (admin = cluster.connect("access", "supabase_admin")));

  it.each([
    [DRILL, REPORTS, []],
    [
      MAINTENANCE,
      [
        ...REPORTS,
        "ops_db_backup_audit_advance",
        "ops_db_backup_audit_break",
        "ops_db_backup_audit_mirrored_to",
        "ops_db_backup_audit_unmirrored",
        "ops_db_backup_break_glass_uses",
        "ops_db_backup_look_put",
        "ops_db_backup_look_take",
        "ops_db_backup_lost_runs",
        "ops_db_backup_migrations",
        "ops_db_backup_report",
        "ops_db_backup_runs_expire",
        "ops_db_backup_service_level",
      ],
      READ_BY_MAINTENANCE,
    ],
  ])("%s executes its functions, and reads its tables", async (role, functions, tables) => {
    const may = await sql`
      select proname as name from pg_proc
       where pronamespace = 'public'::regnamespace and has_function_privilege(${role}, oid, 'execute')`;
    expect(may.map(({ name }) => name).sort()).toEqual([...functions].sort());
    const rights = await sql`
      select relname as name, privilege from pg_class,
             unnest(array['select', 'insert', 'update', 'delete', 'truncate']) privilege
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'p')
         and has_table_privilege(${role}, oid, privilege)`;
    expect(rights.map(({ name, privilege }) => `${name} ${privilege}`).sort())
      .toEqual(tables.map((name) => `${name} select`).sort());
    const [attributes] = await sql`
      select rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = ${role}`;
    expect(Object.values(attributes ?? {})).toEqual([false, false, false, false, false]);
  });

  /** What the role gets when it has signed in; nothing stays. */
  async function as(role: string, text: string): Promise<string> {
    return await outcomeOf(admin.begin(async (tx) => {
      await tx.unsafe(`set local session authorization ${role}`);
      await tx.unsafe(text);
      await tx.unsafe("set constraints all immediate");
      await tx.unsafe(
        "reset session authorization; do $$ begin raise exception using errcode = 'P0001', hint = 'ok'; end $$",
      );
    }));
  }
  const call = (name: string, argument: object) => `select public.ops_db_backup_${name}(${json(argument)})`;
  const start = (kind: string) =>
    call("run_start", { request_id: NEW, kind, target: "dev", mode: null, r2_key: KEY });
  const refusal = (action: string) => call("audit_append", { event: "refusal", detail: { action } });
  const object = { r2_bucket: "b", r2_key: KEY };
  const proof = { proven_at: "2026-01-16T00:00:00Z", proof: { drilled_at: "2026-01-16T00:00:00Z" } };
  const OK = "P0001 ok";
  const REFUSED = "PT403 forbidden";

  it.each([
    ["starts a drill", DRILL, start("drill"), OK],
    ["starts a restore", DRILL, start("restore"), REFUSED],
    ["ends another's backup", DRILL, call("run_finish", { request_id: RUN, status: "succeeded" }), REFUSED],
    ["marks a proof", DRILL, call("mark", { ...object, ...proof }), OK],
    ["marks a deletion", DRILL, call("mark", { ...object, status: "deleted" }), REFUSED],
    ["records its refusal", DRILL, refusal("drill"), OK],
    ["records another's refusal", DRILL, refusal("restore"), REFUSED],
    ["records a break-glass", DRILL, call("audit_append", { event: "break_glass" }), REFUSED],
    ["says what was copied", DRILL, call("audit_mirrored_to", { chain_id: NEW, seq: 9 }), DENIED],
    ["reads the history", DRILL, "select from public.ops_db_backups", DENIED],
    ["starts retention", MAINTENANCE, start("prune"), OK],
    ["starts a restore", MAINTENANCE, start("restore"), REFUSED],
    ["marks a deletion", MAINTENANCE, call("mark", { ...object, status: "deleted" }), OK],
    ["marks a proof", MAINTENANCE, call("mark", { ...object, ...proof }), REFUSED],
    ["takes a look", MAINTENANCE, call("look_take", { request_id: LOOK }), OK],
    ["answers a look", MAINTENANCE, call("look_put", { request_id: TAKEN, sealed: SEALED }), OK],
    [
      "records a look without a request",
      MAINTENANCE,
      call("audit_append", { event: "look", request_id: NEW, actor_id: userId("manager") }),
      REFUSED,
    ],
    ["reads sealed messages", MAINTENANCE, "select from public.ops_db_backup_sealed", DENIED],
    ["takes a look", DRILL, call("look_take", { request_id: LOOK }), DENIED],
    ["enters a backup", MAINTENANCE, call("record", { ...object, manifest: MANIFEST }), DENIED],
    ["loads the audit", MAINTENANCE, "select public.ops_db_backup_audit_load('[]')", DENIED],
    ["reads who approved", MAINTENANCE, "select from public.ops_db_backup_approvals", DENIED],
    ["reads the project's rows", MAINTENANCE, "select from public.empresas", DENIED],
  ])("%s: %s", async (_what, role, text, outcome) => {
    expect(await as(role, text)).toBe(outcome);
  });

  it("are judged by the doctor, which names a column, a function, or a write that one got besides", async () => {
    const catalog = {
      rows: async (text: string) => (await sql.unsafe(text)).flatMap((row) => Object.values(row)),
    };
    const limit = { ms: 10_000, signal: new AbortController().signal, late: "database_unreachable" } as const;
    expect(await catalogRoleCheck(catalog, limit)).toMatchObject({ status: "ok" });
    const [column, fn] = [
      "select (r2_key) on public.ops_db_backups",
      "execute on function public.ops_db_backup_record(jsonb)",
    ];
    await sql.unsafe(`grant ${column} to ${DRILL}; grant ${fn} to ${DRILL};`);
    expect(await catalogRoleCheck(catalog, limit)).toMatchObject({
      status: "failed",
      facts: { rights: ["public.ops_db_backup_record(pg_catalog.jsonb)", "public.ops_db_backups.r2_key"] },
    });
    await sql.unsafe(`revoke ${column} from ${DRILL}; revoke ${fn} from ${DRILL};`);
    await sql.unsafe(`grant update on public.ops_db_backups to ${MAINTENANCE}`);
    expect(await catalogRoleCheck(catalog, limit)).toMatchObject({
      status: "failed",
      facts: { role: MAINTENANCE, rights: ["public.ops_db_backups"] },
    });
    await sql.unsafe(`revoke update on public.ops_db_backups from ${MAINTENANCE}`);
  });
});
