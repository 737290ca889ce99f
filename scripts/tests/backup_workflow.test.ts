/**
 * The backup workflow in the local GitHub with a planted fault: the run fails with its reason, and the catalog has no
 * row of a backup that does not exist.
 */
import { Octokit } from "@octokit/rest";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { delimiter, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseAuditKey } from "@backup/audit.ts";
import { startGitHub } from "../dev/github/mod.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { verifyAudit } from "../lib/audit/verify.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { runPipeline } from "../lib/process/pipeline.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { awaitedLater } from "./awaited_later.ts";
import { refusing, startWire, throughRelay, type VaultRelay } from "./broken_links.ts";
import {
  binaries,
  createProject,
  denoCache,
  sql,
  startPlace,
  type TestPlace,
  type TestVault,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let place: TestPlace;
let server: SupabaseServer;
let store: TestVault;
let prod: Connection;

beforeAll(async () => {
  place = await startPlace();
  ({ server, store } = place);
  for (const name of ["prod", "dev"]) await createProject(server, name);
  prod = server.connection("postgres", "prod");
  await migrate(binaries.path("psql"), prod, await readMigrations());
  for (const database of [prod, server.connection("postgres", "dev")]) {
    await sql(
      database,
      "create table public.pedidos as select g as id, repeat(md5(g::text), 30) as texto from generate_series(1, 60000) g;",
    );
  }
});

afterAll(() => place?.stop());

beforeEach(async () => {
  await sql(prod, "delete from public.ops_db_backup_runs; delete from public.ops_db_backups;");
  for await (const { key } of store.vault.list("revo/")) await store.vault.delete(key);
});

interface Ending {
  conclusion: string | null;
  log: string;
  /** The row of the run in the catalog. */
  run: {
    status?: string;
    break_glass?: boolean;
    error_code?: string;
    error_message?: string;
    phase?: string;
    reason?: string;
  };
  objects: string[];
  rows: number;
}

/** What differs from a plain dispatch by a user of GitHub. */
interface Dispatch {
  request_id?: string;
  variables?: Record<string, string>;
}

/** Dispatches the real workflow and waits for its end. */
async function runWorkflow(
  file: string,
  inputs: Record<string, string>,
  secrets: Record<string, string>,
  { request_id = randomUUID(), variables = {} }: Dispatch = {},
): Promise<Ending> {
  const github = await startGitHub({
    port: 0,
    workspace: ROOT,
    repository: "revo/erp",
    token: "ghp_test",
    secrets: {
      ...store.secrets,
      SUPABASE_DB_URL_PROD: server.url("postgres", "prod"),
      SUPABASE_DB_URL_DEV: server.url("postgres", "dev"),
      ...secrets,
    },
    variables: { REVO_POSTGRES_MAJOR: String(binaries.major), ...variables },
    env: {
      PATH: [binaries.folder, join(ROOT, "node_modules", ".bin")].join(delimiter),
      NO_COLOR: "1",
      R2_RETRY_SECONDS: "2",
      ...denoCache(),
    },
    log: () => {},
  });
  try {
    const octokit = new Octokit({ baseUrl: github.url, auth: "ghp_test" });
    const repository = { owner: "revo", repo: "erp" };
    await octokit.rest.actions.createWorkflowDispatch({
      ...repository,
      workflow_id: file,
      ref: "main",
      inputs: { ...inputs, request_id },
    });
    const { conclusion, log } = await waitForEnd(octokit, repository);
    const [line] = await sql(
      prod,
      `select row_to_json(r) from public.ops_db_backup_runs r where request_id = '${request_id}';`,
    );
    const [rows] = await sql(prod, "select count(*) from public.ops_db_backups;");
    const objects: string[] = [];
    for await (const { key } of store.vault.list("revo/")) objects.push(key);
    return { conclusion, log, run: line === undefined ? {} : JSON.parse(line), objects, rows: Number(rows) };
  } finally {
    await github.stop();
  }
}

async function waitForEnd(octokit: Octokit, repository: { owner: string; repo: string }) {
  for (;;) {
    const { data: { workflow_runs: [run] } } = await octokit.rest.actions.listWorkflowRunsForRepo(repository);
    if (run?.status === "completed") {
      const { data: { jobs: [job] } } = await octokit.rest.actions.listJobsForWorkflowRun({
        ...repository,
        run_id: run.id,
      });
      const log = await octokit.rest.actions.downloadJobLogsForWorkflowRun({
        ...repository,
        job_id: job?.id ?? 0,
      });
      return { conclusion: run.conclusion, log: String(log.data) };
    }
    await sleep(200);
  }
}

test("without a fault the run succeeds, the row is recorded, and the log contains no secret", async () => {
  const end = await runWorkflow("db-backup.yml", { target: "prod", label: "teste" }, {});
  expect(end).toMatchObject({ conclusion: "success", run: { status: "succeeded" }, rows: 1 });
  expect(end.objects).toHaveLength(5);
  expect(end.log).not.toContain(prod.env.PGPASSWORD);
  expect(end.log).not.toContain(store.secrets.R2_SECRET_ACCESS_KEY);
});

/** The pg_dump of this file's server: others may run on the machine. */
async function findDump(): Promise<number | null> {
  const listed = new TextDecoder().decode(await runPipeline([["ps", "axeww", "-o", "pid=,args="]]));
  const line = listed.split("\n").find((it) =>
    /pg_dump .*--snapshot=/.test(it) && it.includes(`PGPORT=${server.port} `) &&
    !it.includes("bash --noprofile")
  );
  return line === undefined ? null : Number.parseInt(line);
}

test("fails when pg_dump is killed during the dump", async () => {
  let killed = false;
  const killer = awaitedLater((async () => {
    while (!killed) {
      const pid = await findDump();
      if (pid !== null) {
        process.kill(pid, "SIGKILL");
        killed = true;
      }
      await sleep(5);
    }
  })());
  const end = await runWorkflow("db-backup.yml", { target: "prod" }, {}).finally(() => killed = true);
  await killer;
  expect(end).toMatchObject({
    conclusion: "failure",
    run: {
      status: "failed",
      error_code: "dump_failed",
      error_message: expect.stringContaining("pg_dump was ended by signal 9"),
    },
    objects: [],
    rows: 0,
  });
});

test("fails on a wrong password of the target", async () => {
  const url = new URL(server.url("postgres", "dev"));
  url.password = "errada";
  const end = await runWorkflow("db-backup.yml", { target: "dev" }, { SUPABASE_DB_URL_DEV: url.href });
  expect(end).toMatchObject({
    conclusion: "failure",
    run: {
      status: "failed",
      error_code: "database_auth_failed",
      error_message: expect.stringContaining("password authentication failed"),
    },
    objects: [],
    rows: 0,
  });
});

test("reports a wrong password of prod, which holds the catalog, in the log and by GitHub's failed run", async () => {
  const url = new URL(server.url("postgres", "prod"));
  url.password = "errada";
  const end = await runWorkflow("db-backup.yml", { target: "prod" }, { SUPABASE_DB_URL_PROD: url.href });
  expect(end).toMatchObject({ conclusion: "failure", objects: [], rows: 0 });
  expect(end.log).toContain("database_auth_failed");
});

test("fails when the vault refuses a part", async () => {
  const relay = refusing(({ method, url }) => method === "PUT" && (url ?? "").includes("partNumber="));
  await throughRelay(store, relay, async (_vault, endpoint) => {
    const end = await runWorkflow("db-backup.yml", { target: "prod" }, { R2_ENDPOINT: endpoint });
    expect(end).toMatchObject({
      conclusion: "failure",
      run: { status: "failed", error_code: expect.stringMatching(/^(upload_failed|vault_auth_failed)$/) },
      objects: [],
      rows: 0,
    });
  });
});

test("resumes reading the object back after a broken connection", async () => {
  const read: (string | undefined)[] = [];
  const relay: VaultRelay = {
    breaks: ({ method, url, headers: { range } }) => {
      if (method !== "GET" || !(url ?? "").includes(".dump.gz")) return null;
      read.push(range);
      return range === undefined ? { after: 500_000, how: "cut" } : null;
    },
  };
  await throughRelay(store, relay, async (_vault, endpoint) => {
    const end = await runWorkflow("db-backup.yml", { target: "prod" }, { R2_ENDPOINT: endpoint });
    expect(end).toMatchObject({ conclusion: "success", run: { status: "succeeded" }, rows: 1 });
    expect(read).toContain("bytes=500000-");
  });
});

test("fails when the catalog is unreachable after the upload, and reconcile finds the valid object", async () => {
  const wire = await startWire(server.port);
  const through = new URL(server.url("postgres", "prod"));
  through.port = String(wire.port);
  // the manifest is written: the catalog is unreachable from now on
  const onDone = ({ method, url = "" }: IncomingMessage) => {
    if (method === "PUT" && url.includes(".manifest.json")) wire.cut();
  };
  await throughRelay(store, { onDone }, async (_vault, endpoint) => {
    const end = await runWorkflow("db-backup.yml", { target: "dev" }, {
      R2_ENDPOINT: endpoint,
      SUPABASE_DB_URL_PROD: through.href,
    });
    expect(end).toMatchObject({ conclusion: "failure", rows: 0 });
    expect(end.log).toMatch(/catalog_write_failed.* is a good backup/);
    expect(end.objects).toHaveLength(5);
  }).finally(() => wire.server.close());
  await sql(prod, "update public.ops_db_backup_runs set status = 'lost', finished_at = now();");
  const next = await runWorkflow("db-backup.yml", { target: "prod" }, {});
  expect(next).toMatchObject({ conclusion: "success", rows: 2 });
  expect(await sql(prod, "select target from public.ops_db_backups order by target;")).toEqual([
    "dev",
    "prod",
  ]);
});

test("dumps nothing while another run holds the target", async () => {
  await sql(
    prod,
    `select public.ops_db_backup_run_start('{"request_id":"${randomUUID()}","kind":"backup","target":"prod","mode":"full"}');`,
  );
  const end = await runWorkflow("db-backup.yml", { target: "prod" }, {});
  expect(end).toMatchObject({ conclusion: "failure", objects: [], rows: 0, run: {} });
  expect(end.log).toContain("busy");
  const refusal =
    "select target, code from public.ops_db_backup_audit where event = 'refusal' order by seq desc limit 1;";
  expect(await sql(prod, refusal)).toEqual(["prod|busy"]);
});

test("refuses a label with an invalid character, and a restore of prod without confirmation", async () => {
  const label = await runWorkflow("db-backup.yml", { target: "prod", label: "migração; drop" }, {});
  expect(label).toMatchObject({ conclusion: "failure", objects: [], rows: 0 });
  const key = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
  const restore = await runWorkflow(
    "db-restore-from-r2.yml",
    { target: "prod", r2_key: key, confirm: "sim" },
    {},
    await requestedRestore(key),
  );
  expect(restore).toMatchObject({
    conclusion: "failure",
    run: { status: "failed", error_code: "confirmation_required" },
  });
});

/** The row that `ops_db_backup_run_request` writes for a signed-in user. */
async function requestedRestore(key: string, ago = "0 s"): Promise<Dispatch> {
  const request_id = randomUUID();
  await sql(
    prod,
    `insert into public.ops_db_backup_runs
       (kind, target, r2_key, reason, requested_by, requested_by_id, request_id, created_at)
     values ('restore', 'prod', '${key}', 'ensaio', 'ana@revo.com.br', gen_random_uuid(), '${request_id}',
             now() - interval '${ago}');`,
  );
  return { request_id };
}

describe("a restore of prod on GitHub", () => {
  const key = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
  const inputs = { target: "prod", r2_key: key, confirm: "RESTORE_PROD", reason: "ensaio" };
  const restore = (dispatch?: Dispatch) => runWorkflow("db-restore-from-r2.yml", inputs, {}, dispatch);
  const glass = { variables: { REVO_BREAK_GLASS: key } };

  test("is refused without the request of a signed-in user, before anything else", async () => {
    const end = await restore();
    expect(end).toMatchObject({ conclusion: "failure", run: {} });
    expect(end.log).toContain("request_required");
    expect(end.log).toContain("REVO_BREAK_GLASS");
    const refusal =
      "select target, code, actor ~ '^github:' from public.ops_db_backup_audit where event = 'refusal' order by seq desc limit 1;";
    expect(await sql(prod, refusal)).toEqual(["prod|request_required|t"]);
  });

  test("is refused with a request that is older than 30 minutes", async () => {
    const end = await restore(await requestedRestore(key, "31 minutes"));
    expect(end).toMatchObject({ conclusion: "failure", run: { status: "queued" } });
    expect(end.log).toContain("request_required");
  });

  test("is refused when the catalog does not answer, unless the variable names its backup", async () => {
    const down = { SUPABASE_DB_URL_PROD: server.url("postgres", "absent") };
    const run = (dispatch: Dispatch) => runWorkflow("db-restore-from-r2.yml", inputs, down, dispatch);
    for (const dispatch of [{}, { variables: { REVO_BREAK_GLASS: key.replace("15", "16") } }]) {
      expect((await run(dispatch)).log).toContain("request_required");
    }
    expect((await run(glass)).log).toContain("database_unreachable");
  });

  test("restores only the content that a second user approved", async () => {
    const backup = await runWorkflow("db-backup.yml", { target: "prod" }, {});
    const stored = backup.objects.find((name) => name.endsWith(".dump.gz")) ?? "";
    const dispatch = await requestedRestore(stored);
    await sql(
      prod,
      `insert into public.ops_db_backup_settings values ('restore_approval', '"two-person"');
       update public.ops_db_backups set sha256 = repeat('b', 64);
       update public.ops_db_backup_runs set plan_request_id = gen_random_uuid() where request_id = '${dispatch.request_id}';
       insert into public.ops_db_backup_approvals
         (request_id, r2_key, sha256, plan_request_id, reason, requested_by_id, decision, decided_at, decided_by_id)
       select request_id, r2_key, repeat('b', 64), plan_request_id, reason, requested_by_id, 'approved', now(), gen_random_uuid()
         from public.ops_db_backup_runs where request_id = '${dispatch.request_id}';`,
    );
    try {
      const of = { ...inputs, r2_key: stored };
      expect((await runWorkflow("db-restore-from-r2.yml", of, {})).log).toContain("request_required");
      const end = await runWorkflow("db-restore-from-r2.yml", of, {}, dispatch);
      expect(end).toMatchObject({ conclusion: "failure", run: { error_code: "approval_required" } });
      expect((await runWorkflow("db-restore-from-r2.yml", of, {}, dispatch)).log).toContain(
        "approval_required",
      );
    } finally {
      await sql(prod, "delete from public.ops_db_backup_settings;");
    }
  });

  test("begins by the variable, which its run and the watch report", async () => {
    const end = await restore(glass);
    expect(end).toMatchObject({ conclusion: "failure", run: { break_glass: true, reason: "ensaio" } });
    expect(end.run.error_code).toBe("vault_object_missing");
    const [uses = ""] = await sql(prod, "select public.ops_db_backup_break_glass_uses();");
    expect(JSON.parse(uses)).toMatchObject([{
      r2_key: key,
      reason: "ensaio",
      actor: expect.stringMatching(/^github:/),
    }]);
  });
});

test("the heartbeat and the run may use the catalog concurrently", async () => {
  const catalog = new Catalog({ connection: prod });
  const calls = Array.from(
    { length: 20 },
    () => [catalog.lastBackup("prod"), catalog.pastRestores("test", "prod")],
  )
    .flat();
  await expect(Promise.all(calls)).resolves.toHaveLength(40);
  await catalog.close();
});

const AUDIT_HASHES = "select hash from public.ops_db_backup_audit order by seq;";

/** One copy of the audit ends with the start of the restore; after its end the vault has a copy of all records. */
async function expectCopiesBeforeAndAfter(): Promise<void> {
  const [begin] = await sql(
    prod,
    `select chain_id || ' ' || seq from public.ops_db_backup_audit
      where event = 'run' and record::jsonb #>> '{detail,run,kind}' = 'restore'
        and record::jsonb #>> '{detail,run,status}' = 'running';`,
  );
  const ends: string[] = [];
  for await (const { key } of store.vault.list("audit/")) {
    const range = parseAuditKey(key);
    ends.push(`${range?.chainId} ${range?.last}`);
  }
  expect(ends).toContain(begin);
  const catalog = new Catalog({ connection: prod });
  const { ok, records, copies } = await verifyAudit(store.vault, catalog);
  await catalog.close();
  expect({ ok, copies }).toEqual({ ok: true, copies: records });
}

test("restores production with the confirmation, and keeps and extends its history", async () => {
  const backup = await runWorkflow("db-backup.yml", { target: "prod" }, {});
  const key = backup.objects.find((name) => name.endsWith(".dump.gz")) ?? "";
  await sql(prod, "delete from public.pedidos where id > 10; create table public.migracao_ruim (id int);");
  const auditBefore = await sql(prod, AUDIT_HASHES);
  const end = await runWorkflow(
    "db-restore-from-r2.yml",
    {
      target: "prod",
      r2_key: key,
      confirm: "RESTORE_PROD",
    },
    {},
    await requestedRestore(key),
  );
  expect(end).toMatchObject({
    conclusion: "success",
    run: { status: "succeeded", reason: "ensaio" },
    rows: 2,
  });
  expect(await sql(prod, "select count(*) from public.pedidos;")).toEqual(["60000"]);
  expect(await sql(prod, "select to_regclass('public.migracao_ruim') is null;")).toEqual(["t"]);
  expect(await sql(prod, "select kind, status from public.ops_db_backup_runs order by created_at;")).toEqual([
    "backup|succeeded",
    "restore|succeeded",
  ]);
  expect((await sql(prod, AUDIT_HASHES)).slice(0, auditBefore.length)).toEqual(auditBefore);
  await expectCopiesBeforeAndAfter();
  // the safety copy is an ordinary backup: it undoes the restore
  const [safety = ""] = await sql(
    prod,
    "select r2_key from public.ops_db_backups where label = 'antes-da-restauracao';",
  );
  const undo = await runWorkflow(
    "db-restore-from-r2.yml",
    {
      target: "prod",
      r2_key: safety,
      confirm: "RESTORE_PROD",
    },
    {},
    await requestedRestore(safety),
  );
  expect(undo).toMatchObject({ conclusion: "success", rows: 3 });
  expect(await sql(prod, "select count(*) from public.pedidos;")).toEqual(["10"]);
  await sql(
    prod,
    "drop table public.migracao_ruim; drop table public.pedidos; create table public.pedidos as select g as id, repeat(md5(g::text), 30) as texto from generate_series(1, 60000) g;",
  );
});
