/** The doctor reports a healthy stack as such, and each planted fault by its own check only. */
import { Octokit } from "@octokit/rest";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { healthCheckSchema } from "@backup/api.ts";
import { startTestGitHub } from "../dev/github/test_github.ts";
import { REPOSITORY } from "../dev/stack.ts";
import { vaultEnvironment } from "../lib/alerts/environment.ts";
import { parseDatabaseUrl } from "../lib/postgres/connection.ts";
import { TRIAL_PREFIX, tryVault } from "../lib/doctor/vault_trial.ts";
import { vaultOf } from "../lib/vault/environment.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import {
  accessTo,
  type DoctorFixture,
  LOCKS,
  namesOf,
  problems,
  startDoctorFixture,
} from "./doctor_fixture.ts";
import { binaries, denoCache, sql } from "./engine_fixture.ts";
import { keysOf } from "./vault_content.ts";
import { WORKFLOWS } from "./watchdog_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

const [owner = "", repo = ""] = REPOSITORY.split("/");
const where = { owner, repo };

let fixture: DoctorFixture;
let vault: Vault;
let prod: ReturnType<typeof parseDatabaseUrl>;

beforeAll(async () => {
  fixture = await startDoctorFixture();
  vault = openR2Vault(fixture.stack.r2);
  prod = parseDatabaseUrl(fixture.stack.databases.prod, "prod");
}, 240_000);
afterAll(() => fixture?.stop());
afterEach(() => void (fixture.intercept = null));

const gitHub = () => new Octokit({ baseUrl: fixture.stack.urls.github, auth: fixture.stack.github.token });

/** PostgreSQL 17 cannot build it. */
const UNSAFE_INDEX = `create table public.pessoas (documento text);
  insert into public.pessoas values ('1-2');
  create function public.so_digitos(text) returns text language sql immutable as $$ select translate($1, '-', '') $$;
  create function public.digitos(text) returns text language sql immutable as $$ select so_digitos($1) $$;
  create index por_digitos on public.pessoas (digitos(documento));`;
const holdsUnsafeIndexes = binaries.major < 17;

/** As the platform's superuser, for objects that the project's owner may not change. */
function asSuperuser(database: "dev" | "verify", text: string): Promise<string[]> {
  return sql(parseDatabaseUrl(fixture.stack.superuserUrl(database), database), text);
}

const reportSchema = z.object({
  checks: z.array(healthCheckSchema.pick({ name: true, status: true })),
  run_url: z.string(),
});

async function runDoctorWorkflow(): Promise<{ conclusion: string | null; log: string }> {
  const actions = gitHub().rest.actions;
  const { data } = await gitHub().request(
    "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
    { ...where, workflow_id: "db-backup-doctor.yml", ref: "main", return_run_details: true },
  );
  const run = { ...where, run_id: z.object({ workflow_run_id: z.number() }).parse(data).workflow_run_id };
  const isOver = async () => (await actions.getWorkflowRun(run)).data.status === "completed";
  await expect.poll(isOver, { timeout: 50_000, interval: 200 }).toBe(true);
  const { data: { jobs: [job] } } = await actions.listJobsForWorkflowRun(run);
  const log = await actions.downloadJobLogsForWorkflowRun({ ...where, job_id: job?.id ?? 0 });
  return { conclusion: job?.conclusion ?? null, log: String(log.data) };
}

const isDeletion = ({ method, url = "" }: IncomingMessage) =>
  method === "DELETE" || method === "POST" && url.includes("?delete");

describe("a healthy stack", () => {
  it("passes every check and leaves nothing behind", async () => {
    const report = await fixture.examine(fixture.stackGitHub);
    expect(report.checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(report.status).toBe("ok");
    expect(new Set(report.checks.map(({ name }) => name)).size).toBe(report.checks.length);
    expect(await keysOf(vault, TRIAL_PREFIX)).toEqual([]);
    const text = JSON.stringify(report);
    const { R2_SECRET_ACCESS_KEY, GITHUB_TOKEN, CLOUDFLARE_API_TOKEN } = fixture.environment;
    const secrets = [R2_SECRET_ACCESS_KEY, GITHUB_TOKEN, CLOUDFLARE_API_TOKEN, prod.env.PGPASSWORD];
    expect(secrets.filter((secret) => !secret || text.includes(`"${secret}"`) || text.includes(`${secret}@`)))
      .toEqual([]);
  });
});

describe("the workflow", () => {
  it("checks with a job's own credentials and stores the report where the screen reads it", async () => {
    const { conclusion, log } = await runDoctorWorkflow();
    expect([conclusion, log.match(/^.*(?:ATENÇÃO|FALHA) .*$/gm)]).toEqual(["success", null]);
    expect(log).toMatch(/OK +database_prod_dump: O usuário lê tudo/);
    const [row = "{}"] = await sql(
      prod,
      "select json_build_object('status', status, 'report', report) from public.ops_db_backup_reports where name = 'doctor';",
    );
    const { status, report } = z.object({ status: z.string(), report: reportSchema }).parse(JSON.parse(row));
    expect([status, problems(report)]).toEqual(["ok", []]);
    // settings that this job does not have
    expect(report.checks.filter((it) => it.status === "unknown").map(({ name }) => name)).toEqual([
      "r2_lifecycle",
      "r2_lock",
      "github_secrets",
      "function_reach",
      "clock_r2",
    ]);
    expect(report.run_url).toContain("/actions/runs/");
  });
});

describe("the command", () => {
  /** Runs it with the given environment only. */
  async function doctor(given: Record<string, string>, ...args: string[]) {
    const { PATH = "", HOME = "" } = process.env;
    const options = { cwd: ROOT, env: { PATH, HOME, ...denoCache(), ...given } };
    const deno = join(ROOT, "node_modules/.bin/deno");
    const ended = promisify(execFile)(deno, ["task", "-q", "doctor", ...args], options);
    return await ended.then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), (error) => error);
  }

  it("runs the possible checks, names what is missing, and exits with 1", async () => {
    const { code, stdout, stderr } = await doctor({ REVO_OUTPUT: "json" });
    expect(code).toBe(1);
    const { error, result } = JSON.parse(stdout);
    expect(error).toMatchObject({ code: "doctor_failed", details: { failed: ["environment"] } });
    expect(problems(result)).toEqual(["failed environment"]);
    expect(stderr).toMatch(/FALHA +environment: Variáveis erradas: faltam R2_ENDPOINT, .* → No GitHub:/);
  });

  it("exits with 2 on arguments and on an option value other than yes or no", async () => {
    const ends = await Promise.all([doctor({}, "--apply"), doctor({ REPORT: "maybe" })]);
    expect(ends.map(({ code }) => code)).toEqual([2, 2]);
    expect(ends[0].stderr).toContain("unknown argument --apply");
  });
});

describe("a planted fault is reported by its own check only", () => {
  it("an old pg_dump first on the PATH", async () => {
    const folder = await mkdtemp(join(tmpdir(), "old-tools-"));
    try {
      const program = join(folder, "pg_dump");
      await writeFile(program, '#!/bin/sh\necho "pg_dump (PostgreSQL) 13.9"\n');
      await chmod(program, 0o755);
      const report = await fixture.examine({ PATH: [folder, process.env.PATH].join(delimiter) });
      expect(problems(report)).toEqual(["warning machine_path"]);
      const found = report.checks.find(({ name }) => name === "machine_path");
      expect(found?.message).toContain(`pg_dump 13.9 (${program})`);
      // the commands continue with the correct one
      expect(namesOf(report, "ok")).toContain("database_prod_tools");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("a URL of the transaction pooler", async () => {
    const report = await fixture.examine({
      SUPABASE_DB_URL_DEV:
        "postgres://postgres.abcdefghijklmnopqrst:x@aws-0.pooler.supabase.com:6543/postgres",
    });
    expect(problems(report)).toEqual(["failed database_dev_pooler"]);
    expect(namesOf(report, "unknown")).toEqual(
      expect.arrayContaining(["database_dev_reach", "database_dev_dump"]),
    );
  });

  it("an R2 address with the bucket's name, which stores nothing below that name, or without encryption", async () => {
    const { R2_ENDPOINT, R2_BUCKET } = fixture.environment;
    const named = { R2_ENDPOINT: `${R2_ENDPOINT}/${R2_BUCKET}` };
    const report = await fixture.examine(named);
    expect(problems(report)).toEqual(["warning environment"]);
    expect(report.checks.find(({ name }) => name === "environment")?.message).toContain(
      "traz o nome do balde",
    );
    const open = (change: object) => vaultOf(vaultEnvironment.parse({ ...fixture.environment, ...change }));
    await open(named).put("doctor/named", "", "text/plain");
    expect(await keysOf(open({}), "doctor/")).toEqual(["doctor/named"]);
    await open({}).delete("doctor/named");
    const plain = await fixture.examine({ R2_ENDPOINT: "http://r2.example.com" });
    expect(problems(plain)).toEqual(["failed environment"]);
    expect(plain.checks.find(({ name }) => name === "environment")?.message).toContain("sem criptografia");
  });

  it("a read-only R2 key", async () => {
    const writes = (incoming: IncomingMessage) => incoming.method === "PUT" || isDeletion(incoming);
    fixture.intercept = (incoming) => writes(incoming) ? { status: 403, xml: DENIED } : null;
    const report = await fixture.examine();
    expect(problems(report)).toEqual(["failed r2_write"]);
    expect(namesOf(report, "unknown")).toEqual(["r2_conditional", "r2_read", "r2_delete"]);
  });

  it("a bucket lock with too wide a prefix; objects that it retained are deleted by the next run", async () => {
    fixture.intercept = (incoming) => isDeletion(incoming) ? { status: 403, xml: DENIED } : null;
    expect(problems(await fixture.examine())).toEqual(["failed r2_delete"]);
    fixture.intercept = null;
    expect(await keysOf(vault, TRIAL_PREFIX)).toHaveLength(1);
    const limit = { ms: 60_000, signal: new AbortController().signal, late: "vault_unreachable" } as const;
    const now = new Date(Date.now() + 2 * 3_600_000);
    const { remove } = await tryVault({ vault, key: `${TRIAL_PREFIX}again.txt`, now, limit });
    expect(remove).toEqual({ ok: true, value: [] });
    expect(await keysOf(vault, TRIAL_PREFIX)).toEqual([]);
  });

  it("a lifecycle rule that deletes backups, read with the bucket's own key", async () => {
    const rule = (id: string, prefix: string, action: string) =>
      `<Rule><ID>${id}</ID><Status>Enabled</Status><Filter><Prefix>${prefix}</Prefix></Filter>${action}</Rule>`;
    const xml = `<LifecycleConfiguration>${
      rule(
        "uploads",
        "",
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
      )
    }${rule("logs", "logs/", "<Expiration><Days>3</Days></Expiration>")}${
      rule("economia", "revo/prod/", "<Expiration><Days>30</Days></Expiration>")
    }</LifecycleConfiguration>`;
    fixture.intercept = ({ url = "" }) => url.includes("?lifecycle") ? { status: 200, xml } : null;
    const report = await fixture.examine({ CLOUDFLARE_API_TOKEN: "" });
    expect(problems(report)).toEqual(["failed r2_lifecycle"]);
    expect(namesOf(report, "unknown")).toEqual(["r2_lock"]);
    expect(report.checks.find(({ name }) => name === "r2_lifecycle")?.message).toContain(
      "economia (revo/prod/, após 30 dias: os 12 mensais",
    );
  });

  it("a disabled workflow", async () => {
    const workflow = { ...where, workflow_id: "db-backup-prune.yml" };
    await gitHub().rest.actions.disableWorkflow(workflow);
    const report = await fixture.examine(fixture.stackGitHub);
    expect(problems(report)).toEqual(["failed workflow_db-backup-prune.yml"]);
    await gitHub().rest.actions.enableWorkflow(workflow);
  });

  it("a missing secret, on GitHub and in the local environment", async () => {
    const { R2_SECRET_ACCESS_KEY: _, ...secrets } = fixture.stack.workflowSecrets;
    const github = await startTestGitHub(WORKFLOWS, { secrets });
    try {
      const there = await fixture.examine(accessTo(github));
      expect(problems(there)).toEqual(["failed github_secrets"]);
    } finally {
      await github.stop();
    }
    const here = await fixture.examine({ R2_SECRET_ACCESS_KEY: "" });
    expect(problems(here)).toEqual(["failed environment"]);
    expect(here.checks.find(({ name }) => name === "environment")?.message).toContain("R2_SECRET_ACCESS_KEY");
    expect(namesOf(here, "unknown")).toEqual(expect.arrayContaining(["r2_list", "clock_r2"]));
  });

  it("a function that is down", async () => {
    await fixture.stack.stopPart("function");
    expect(problems(await fixture.examine())).toEqual(["failed function_reach"]);
    await fixture.stack.startPart("function");
  });

  it("several faults at once: privileges of two roles, a missing lock, a missing migration, the clock", async () => {
    await asSuperuser("dev", "create table public.alheia (id int); create schema alheio;");
    if (holdsUnsafeIndexes) await sql(parseDatabaseUrl(fixture.stack.databases.dev, "dev"), UNSAFE_INDEX);
    await asSuperuser("verify", "create role leitor login password 'x';");
    const verify = new URL(fixture.stack.databases.verify);
    Object.assign(verify, { username: "leitor", password: "x" });
    await sql(prod, "delete from supabase_migrations.schema_migrations where version = '20260103000000';");
    Object.assign(fixture.bucket, { lock: LOCKS.slice(0, 1), lifecycle: [] });
    const late = { now: () => new Date(Date.now() + 120_000) };
    const report = await fixture.examine({ SUPABASE_DB_URL_VERIFY: verify.href }, late);
    expect(problems(report)).toEqual([
      "warning database_dev_dump",
      "failed database_dev_restore",
      "failed database_verify_dump",
      "failed database_verify_restore",
      "warning r2_lock",
      "failed catalog_migrations",
      "warning clock_r2",
      "warning clock_github",
      "warning clock_database",
    ]);
    const messageOf = (wanted: string) => report.checks.find(({ name }) => name === wanted)?.message;
    expect(messageOf("database_dev_dump")).toContain("esquemas de outros donos alheio");
    expect(messageOf("database_dev_restore")).toContain("não é dono de public.alheia");
    if (holdsUnsafeIndexes) expect(messageOf("database_dev_dump")).toContain("index public.por_digitos");
    expect(messageOf("database_verify_dump")).toMatch(/não lê auth\.\w+/);
    expect(messageOf("r2_lock")).toContain("audit/");
    expect(messageOf("catalog_migrations")).toContain("ops_db_backup_overview");
  });
});
