/**
 * The scheduled workflows as GitHub runs them: the real workflow files with the real commands. Watchdog, alarm test,
 * diagnosis, retention, comparison of catalog and vault. With the credentials of docs/production.md: the environment
 * `backups-read` has a token of the vault that only reads and a database role that only reads the catalog, retention the
 * same role; the owner's URL is where reconcile applies.
 */
import { Octokit } from "@octokit/rest";
import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestGitHub, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import type { Channels } from "../../supabase/functions/_shared/alerts/deliver.ts";
import { AlarmIssues } from "../lib/alerts/issues.ts";
import { connectGitHub } from "../lib/alerts/github.ts";
import { verifyAudit } from "../lib/audit/verify.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { testAlarm } from "../lib/watchdog/self_test.ts";
import { eventsOf, payloadsOf, readIssues, type Receiver, startReceiver, where } from "./alarm_fixture.ts";
import { type Reply, startVaultRelay } from "./broken_links.ts";
import { binaries, createProject, denoCache, sql, startPlace, type TestPlace } from "./engine_fixture.ts";
import { dailySketches, keysOf, recordBackups, storeBackups } from "./vault_content.ts";
import { addBackup, addReceipt } from "./watchdog_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const source = { at: new Date().toISOString(), runUrl: null };

let place: TestPlace;
let prod: Connection;
let github: TestGitHub;
let receiver: Receiver;
let archive: string;
/** The vault, for a token that only reads. */
let readers: Server;
/** Methods of the requests that were refused there. */
const refused: string[] = [];

const ROLE = "ops_db_backup_maintenance";
const DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

/** What a token with "Object Read only" may not. */
function refuseWrites({ method = "" }: IncomingMessage): Reply | null {
  if (method === "GET" || method === "HEAD") return null;
  refused.push(method);
  return { status: 403, xml: DENIED };
}

beforeAll(async () => {
  place = await startPlace();
  prod = await createProject(place.server, "prod");
  await migrate(binaries.path("psql"), prod, await readMigrations());
  archive = await addBackup(place.store, { at: new Date(Date.now() - 3_600_000) });
  const password = randomBytes(12).toString("hex");
  await sql(
    place.server.connection("supabase_admin", "prod"),
    `alter role ${ROLE} login password '${password}';`,
  );
  const maintenance = `postgres://${ROLE}:${password}@127.0.0.1:${place.server.port}/prod`;
  const reader = await startVaultRelay(place.store.secrets.R2_ENDPOINT, { intercept: refuseWrites });
  readers = reader.server;
  receiver = await startReceiver();
  github = await startTestGitHub({}, {
    workspace: ROOT,
    otherTokens: { reader: "read" },
    environments: {
      "backups-read": {
        ...place.store.secrets,
        R2_ENDPOINT: reader.endpoint,
        SUPABASE_DB_URL_PROD: maintenance,
        HEALTHCHECK_URL: `${receiver.url}/hc`,
        OPS_ALERT_WEBHOOK_URL: `${receiver.url}/hook`,
        OPS_ALERT_WEBHOOK_SECRET: "a secret of the receiver",
      },
      "backups-write": {
        ...place.store.secrets,
        SUPABASE_MAINTENANCE_URL: maintenance,
        SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
      },
    },
    variables: { REVO_POSTGRES_MAJOR: String(binaries.major), REVO_WATCHDOG_HOURLY: "yes" },
    env: {
      PATH: [binaries.folder, join(ROOT, "node_modules", ".bin")].join(delimiter),
      NO_COLOR: "1",
      ...denoCache(),
    },
  });
}, 120_000);
afterAll(async () => {
  await receiver?.stop();
  await github?.stop();
  readers?.close();
  await place?.stop();
});
beforeEach(() => void (receiver.received.length = 0));

/** Runs the alarm test in this process. */
function test(changes: Partial<Channels>, token = TOKEN): Promise<void> {
  const repository = { token, apiUrl: github.github.url, repository: "revo/erp" };
  const webhook = { url: `${receiver.url}/hook`, secret: null, fetch, sleep: () => Promise.resolve() };
  const channels = {
    issues: new AlarmIssues(connectGitHub(repository)),
    webhook,
    heartbeat: null,
    ...changes,
  };
  return testAlarm({ target: "prod", channels, source, log: () => {} });
}

interface Ended {
  conclusion: string | null;
  log: string;
  /** The page that the run's link opens, with the job's summary. */
  page: string;
}

/** Runs a workflow file to its end, by hand or (`null`) by its schedule. */
async function runWorkflow(workflow_id: string, inputs: Record<string, string> | null = {}): Promise<Ended> {
  // not the checked server: that one validates every response, and this polls often
  const { rest: { actions } } = new Octokit({ baseUrl: github.github.url, auth: TOKEN });
  if (inputs === null) {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { status } = await fetch(`${github.github.url}/_local/schedule/${workflow_id}`, {
      method: "POST",
      headers,
    });
    expect(status).toBe(201);
  } else await actions.createWorkflowDispatch({ ...where, workflow_id, ref: "main", inputs });
  for (;;) {
    const { data: { workflow_runs: [run] } } = await actions.listWorkflowRuns({ ...where, workflow_id });
    if (run?.status === "completed") {
      const { data: { jobs: [job] } } = await actions.listJobsForWorkflowRun({ ...where, run_id: run.id });
      const log = await actions.downloadJobLogsForWorkflowRun({ ...where, job_id: job?.id ?? 0 });
      const page = await (await fetch(run.html_url)).text();
      return { conclusion: run.conclusion, log: String(log.data), page };
    }
    await sleep(100);
  }
}

/** The vault's copy of the audit: complete, and equal to the database's. */
async function copiesOfAudit(): Promise<string> {
  const catalog = new Catalog({ connection: prod });
  const { ok, records, copies } = await verifyAudit(place.store.vault, catalog);
  await catalog.close();
  expect({ ok, copies }).toEqual({ ok: true, copies: records });
  const keys = await keysOf(place.store.vault, "audit/");
  return (await Promise.all(keys.map((key) => place.store.vault.text(key)))).join("");
}

it("the watchdog's workflow reports its conditions, succeeds, prints no address, and writes nothing into the vault", async () => {
  const refusal = JSON.stringify({ event: "refusal", actor: "curioso@revo.example", code: "forbidden" });
  await sql(prod, `select public.ops_db_backup_audit_append('${refusal}');`);
  const { conclusion, log, page } = await runWorkflow("db-backup-watchdog.yml");
  expect(log).toContain("proof_overdue: ");
  expect(conclusion).toBe("success");
  expect((await readIssues(github)).map(({ id, state }) => `${id} ${state}`)).toEqual([
    "signing_off open", // this installation has no keys
    "proof_overdue open",
  ]);
  expect(eventsOf(receiver)).toEqual(["raised signing_off", "raised proof_overdue"]);
  expect(receiver.received.map(({ path }) => path)).toEqual([
    "/hc/start",
    "/hook",
    "/hook",
    "/hc/fail",
  ]);
  expect(log).not.toContain(receiver.url);
  expect(page).toContain("### Vigia: há avisos");
  const reports = "select name, status, report -> 'undelivered' from public.ops_db_backup_reports;";
  expect(await sql(prod, reports)).toEqual(["watchdog|failed|[]"]);
  // the next command that may write copies the audit
  expect(log).toContain("the vault has no copy of the newest audit records yet");
  expect([...new Set(refused.splice(0))]).toEqual(["PUT"]);
  expect(await keysOf(place.store.vault, "audit/")).toEqual([]);
  await addReceipt(place.store, archive, new Date());
});

it("the alarm test's workflow raises an alarm that is marked as a test, and clears it", async () => {
  const { conclusion, log } = await runWorkflow("db-backup-alarm-test.yml");
  expect(log).toContain("the alarm was cleared");
  expect(conclusion).toBe("success");
  expect(payloadsOf(receiver).map(({ event, test, condition }) => [event, test, condition.id])).toEqual([
    ["raised", true, "alarm_test"],
    ["cleared", true, "alarm_test"],
  ]);
  expect(payloadsOf(receiver)[0]?.text).toMatch(/^\[TESTE\] /);
  const issues = await readIssues(github);
  expect(issues.find(({ id }) => id === "alarm_test")).toMatchObject({
    state: "closed",
    title: expect.stringMatching(/^\[TESTE\] /),
    body: expect.stringContaining("o manifesto diz"),
  });
});

it("the scheduled diagnosis passes with credentials that only read", async () => {
  const { log } = await runWorkflow("db-backup-doctor.yml", null);
  const names = (verdict: string) =>
    [...log.matchAll(new RegExp(`${verdict} +(\\w+): `, "g"))].map(([, name]) => name);
  // what this installation does not have
  expect([names("ATENÇÃO"), names("FALHA")]).toEqual([["environment", "signing"], ["last_proof"]]);
  expect(names("OK")).toEqual(
    expect.arrayContaining(["catalog_migrations", "catalog_access", "catalog_role"]),
  );
  expect(log).toContain("A chave desta tarefa não grava");
  expect(names("NÃO VISTO")).toEqual(
    expect.arrayContaining([
      "r2_delete",
      "database_prod_dump",
      "database_prod_restore",
      "database_prod_locks",
    ]),
  );
  const report = "select status from public.ops_db_backup_reports where name = 'doctor';";
  expect(await sql(prod, report)).toEqual(["failed"]);
}, 60_000);

it("the alarm test fails when the webhook's connection breaks", async () => {
  receiver.answers.push(410);
  await expect(test({})).rejects.toMatchObject({ code: "alarm_not_raised" });
  expect((await readIssues(github)).filter(({ id }) => id === "alarm_test").map(({ state }) => state))
    .toEqual(["closed", "closed"]);
});

it("the alarm test fails when issues cannot be written, and when no channel is configured", async () => {
  await expect(test({ webhook: null }, "reader")).rejects.toMatchObject({ code: "alarm_not_raised" });
  await expect(test({ webhook: null, issues: null })).rejects.toMatchObject({ code: "alarm_not_raised" });
});

const ROWS = "select target, status, count(*) from public.ops_db_backups group by 1, 2 order by 1, 2;";
const RUNS = "select target, status from public.ops_db_backup_runs where kind = 'prune' order by target;";

describe("retention's workflow", () => {
  let keys: string[];

  beforeAll(async () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const sketches = dailySketches(10, yesterday).map((it) => ({ ...it, target: "dev" as const }));
    keys = await storeBackups(place.store.vault, sketches);
    const catalog = new Catalog({ connection: prod });
    await recordBackups(catalog, place.store.vault.bucket, keys, sketches);
    await catalog.close();
  });

  it("only lists what it would delete when started by hand", async () => {
    const { conclusion, log, page } = await runWorkflow("db-backup-prune.yml", { target: "dev" });
    expect(conclusion, log).toBe("success");
    expect(log).toMatch(/delete revo\/dev\//);
    expect(page).toContain("simulação (nada foi apagado)");
    expect(await sql(prod, ROWS)).toEqual(["dev|uploaded|10"]);
    expect(await sql(prod, RUNS)).toEqual([]);
    expect(await keysOf(place.store.vault, "revo/dev/")).toHaveLength(41);
  });

  it("deletes when started by its schedule, in one run per target, and vault and catalog agree", async () => {
    const { conclusion, log, page } = await runWorkflow("db-backup-prune.yml", null);
    expect(conclusion, log).toBe("success");
    expect(await sql(prod, RUNS)).toEqual(["dev|succeeded", "prod|succeeded", "verify|succeeded"]);
    const kept = await sql(
      prod,
      "select r2_key from public.ops_db_backups where status <> 'deleted' order by 1;",
    );
    expect(kept.length).toBeGreaterThanOrEqual(7);
    expect(kept.length).toBeLessThan(keys.length);
    const stored = await keysOf(place.store.vault, "revo/dev/");
    expect(stored.filter((key) => key.endsWith(".dump.gz"))).toEqual(kept);
    expect(stored.filter((key) => key.endsWith(".manifest.json"))).toHaveLength(kept.length);
    expect(page).toContain(`| Apagados | ${keys.length - kept.length} `);
    // an object without a row is not judged
    expect(await keysOf(place.store.vault, "revo/prod/")).toContain(archive);
    expect(await copiesOfAudit()).toContain("curioso@revo.example");
  });
});

it("the comparison's workflow reports what is missing, and records it when requested", async () => {
  const known = `select count(*) from public.ops_db_backups where r2_key = '${archive}';`;
  const preview = await runWorkflow("db-backup-reconcile.yml");
  expect(preview.conclusion, preview.log).toBe("success");
  expect(preview.page).toContain("Prévia: catálogo e cofre (nada foi alterado)");
  expect(preview.page).toContain("| Incluídos pelo manifesto | 1 |");
  expect(await sql(prod, known)).toEqual(["0"]);
  const applied = await runWorkflow("db-backup-reconcile.yml", { apply: "true" });
  expect(applied.conclusion, applied.log).toBe("success");
  expect(await sql(prod, known)).toEqual(["1"]);
  await copiesOfAudit();
});
