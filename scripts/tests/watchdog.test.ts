/**
 * Every condition of the watch in one sequence of rounds: no problem, all problems, no change, worse, sources
 * unreachable, no problem. Real vault, catalog and GitHub; notifications are read from their receivers.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAFETY_LABEL } from "@backup/label.ts";
import { makeKeyPair, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { CONDITION_IDS, type ConditionId } from "@backup/watch/conditions.ts";
import { startTestGitHub, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { mirrorAudit } from "../lib/audit/mirror.ts";
import { AlarmIssues } from "../lib/alerts/issues.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import { type Connection, parseDatabaseUrl } from "../lib/postgres/connection.ts";
import { connectGitHub } from "../lib/alerts/github.ts";
import { openR2Vault, type R2VaultOptions } from "../lib/vault/open_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { runWatchdog, type WatchdogPorts } from "../lib/watchdog/run_watchdog.ts";
import { eventsOf, type ReadIssue, readIssues, type Receiver, startReceiver } from "./alarm_fixture.ts";
import { binaries, createProject, sql, startPlace, type TestPlace } from "./engine_fixture.ts";
import {
  addBackup,
  addReceipt,
  breakGlass,
  cutAudit,
  forgeAudit,
  goodRun,
  removeBackup,
  ROWS,
  silentRun,
  WORKFLOWS,
} from "./watchdog_fixture.ts";

const HOUR = 3_600_000;
const base = Date.now();
const at = (hours: number) => new Date(base + hours * HOUR);

let place: TestPlace;
let prod: Connection;
let github: TestGitHub;
let receiver: Receiver;
let catalog: Catalog;
/** With the keys of the installation; the one of `place` has none. */
let vault: Vault;
/** What a round changes before it starts. */
let state: { hours: number; vault: Vault; catalog: Catalog; gitHubToken: string; functionToken: string };

/** The effects of one round, read after it. */
interface Seen {
  events: string[];
  issues: ReadIssue[];
  beats: string[];
  report: { status: string; conditions: string[]; unknown: string[] };
}
const rounds: Record<string, Seen> = {};
/** The error of the round in which the webhook refused. */
let notDelivered: unknown;

function connect(token: string) {
  return connectGitHub({ token, apiUrl: github.github.url, repository: "revo/erp" });
}

async function round(name: string): Promise<void> {
  receiver.received.length = 0;
  const ports: WatchdogPorts = {
    target: "prod",
    vault: () => state.vault,
    catalog: () => state.catalog,
    github: connect(state.gitHubToken),
    functionsGitHub: connect(state.functionToken),
    expectsWatch: true,
    channels: {
      issues: new AlarmIssues(connect(TOKEN)),
      webhook: { url: `${receiver.url}/hook`, secret: null, fetch, sleep: () => Promise.resolve() },
      heartbeat: { url: `${receiver.url}/hc`, fetch, sleep: () => Promise.resolve() },
    },
    runUrl: null,
    now: () => at(state.hours),
    log: () => {},
  };
  await runWatchdog(ports);
  const [report = "{}"] = await sql(
    prod,
    `select json_build_object('status', status, 'unknown', report -> 'unknown', 'conditions',
       (select coalesce(json_agg(c ->> 'id'), '[]') from jsonb_array_elements(report -> 'conditions') c))
     from public.ops_db_backup_reports where name = 'watchdog';`,
  );
  rounds[name] = {
    events: eventsOf(receiver),
    issues: await readIssues(github),
    beats: receiver.received.filter(({ path }) => path.startsWith("/hc")).map(({ path, body }) =>
      `${path} ${body}`
    ),
    report: JSON.parse(report),
  };
}

const seen = (name: string) => {
  const found = rounds[name];
  if (found === undefined) throw new Error(`there was no round '${name}'`);
  return found;
};
const issueIn = (name: string, id: string) => seen(name).issues.filter((issue) => issue.id === id);

beforeAll(async () => {
  place = await startPlace();
  prod = await createProject(place.server, "prod");
  await migrate(binaries.path("psql"), prod, await readMigrations());
  catalog = new Catalog({ connection: prod });
  receiver = await startReceiver();
  github = await startTestGitHub(WORKFLOWS, {
    otherTokens: { long: "read", soon: "read" },
    tokenExpiries: { long: utc(at(24 * 60)), soon: utc(at(24 * 10)) },
  });
  const pair = await makeKeyPair();
  vault = openVault(place.store.secrets, {
    signer: new Signer(pair.privateKey),
    trusted: new TrustedKeys([pair.publicKey]),
  });
  state = { hours: 0, vault, catalog, gitHubToken: TOKEN, functionToken: "long" };
  await live();
}, 240_000);

afterAll(async () => {
  await catalog?.close();
  await receiver?.stop();
  await github?.stop();
  await place?.stop();
});

function openVault(
  { R2_ENDPOINT, R2_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY }: TestPlace["store"]["secrets"],
  keys: Pick<R2VaultOptions, "signer" | "trusted"> = {},
): Vault {
  const credentials = { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY };
  return openR2Vault({ endpoint: R2_ENDPOINT, bucket: R2_BUCKET, ...credentials, ...keys });
}

function utc(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

async function live(): Promise<void> {
  const store = { ...place.store, vault };
  const old: string[] = [];
  for (const days of [5, 4, 3, 2]) old.push(await addBackup(store, { at: at(-24 * days) }));
  const yesterday = await addBackup(store, { at: at(-9) });
  const proof = await addReceipt(store, old[2] ?? "", at(-50));
  await sql(prod, goodRun("backup", "dev", randomUUID()));
  await mirrorAudit(store.vault, catalog);
  await catalog.report({ name: "watch", status: "ok", report: { notified: {} } });
  await round("well");

  // all conditions: the newest full backup is 30 hours old and small
  await removeBackup(store, yesterday);
  const small = { bytes: 100, rows: { ...ROWS, "public.pedidos": 10 } };
  const newest = await addBackup(store, { ...small, at: at(-30) });
  const smaller = await addBackup(store, { ...small, at: at(-31), rows: { "public.pedidos": 10 } });
  const damaged = await addBackup(store, { at: at(-2), damaged: true });
  await addBackup(store, { at: at(-1), label: SAFETY_LABEL }); // hides nothing
  await store.vault.delete(proof);
  const unsigned = [await addBackup(place.store, { at: at(-3) })];
  // dated in the future: they do not hide that backup and proof are overdue
  const future = await addBackup(store, { at: at(24 * 365) });
  const futureProofs = [await addReceipt(store, newest, at(24 * 300))];
  await sql(prod, silentRun("backup", "prod", randomUUID()));
  await sql(prod, breakGlass(randomUUID()));
  await sql(prod, forgeAudit("seq = 2", "actor = 'intruder'"));
  await switchWorkflow("db-backup-restore-drill.yml", "disable");
  Object.assign(state, { hours: 14, functionToken: "soon" });
  await round("broken");

  state.hours = 14.5;
  await round("the same");

  const closed = parseDatabaseUrl("postgres://postgres:x@127.0.0.1:1/prod", "closed");
  state.vault = openVault({ ...place.store.secrets, R2_SECRET_ACCESS_KEY: "wrong" });
  state.catalog = new Catalog({ connection: closed });
  state.gitHubToken = "ghp_wrong";
  await round("silent");
  Object.assign(state, { vault: store.vault, catalog, gitHubToken: TOKEN });

  // worse: other objects, tables, runs and records
  await removeBackup(store, newest);
  await store.replace(old[0] ?? "", "cut off");
  await addReceipt(store, old[1] ?? "", at(-1), ["rows_per_table"]);
  unsigned.push(await addBackup(place.store, { at: at(-2.5) }));
  futureProofs.push(await addReceipt(store, newest, at(24 * 301)));
  await sql(prod, silentRun("drill", "prod", randomUUID()));
  await sql(prod, breakGlass(randomUUID()));
  await sql(prod, forgeAudit("seq = 1", "actor = 'intruder'"));
  await switchWorkflow("db-backup-alarm-test.yml", "disable");
  Object.assign(state, { hours: 30, functionToken: "ended" });
  await round("worse");

  await store.vault.deleteMany(futureProofs);
  for (const key of [future, smaller, damaged, old[0] ?? "", ...unsigned]) await removeBackup(store, key);
  const fresh = await addBackup(store, { at: at(-1) });
  await addReceipt(store, fresh, at(-0.5));
  await sql(prod, goodRun("backup", "prod", randomUUID()) + goodRun("drill", "prod", randomUUID()));
  await sql(
    prod,
    "update public.ops_db_backup_runs set started_at = now() - interval '25 h' where break_glass;",
  );
  await sql(prod, forgeAudit("seq in (1, 2)", "actor = record::jsonb ->> 'actor'"));
  for (const file of ["db-backup-restore-drill.yml", "db-backup-alarm-test.yml"]) {
    await switchWorkflow(file, "enable");
  }
  Object.assign(state, { hours: 0, functionToken: "long" });
  await round("well again");

  // the remaining chain is valid: only the vault's copies show the change
  await mirrorAudit(store.vault, catalog);
  await sql(prod, cutAudit);
  state.hours = 25;
  await round("cut off");

  await switchWorkflow("db-backup-prune.yml", "disable");
  receiver.answers.push(200, 410); // the start call, then the webhook
  notDelivered = await round("not delivered").then(() => null, (error: unknown) => error);
}

async function switchWorkflow(workflow_id: string, how: "enable" | "disable"): Promise<void> {
  const { actions } = github.octokit.rest;
  const where = { owner: "revo", repo: "erp", workflow_id };
  await (how === "enable" ? actions.enableWorkflow(where) : actions.disableWorkflow(where));
}

const SOURCES: readonly ConditionId[] = ["vault_unreachable", "catalog_unreachable", "github_unreachable"];
/**
 * The watchdog's own silence is judged by the other watch, this installation has keys (`signed_backups.test.ts`), and it
 * encrypts nothing (`encrypted_backups.test.ts`).
 */
const ELSEWHERE: readonly ConditionId[] = ["watchdog_silent", "signing_off", "unopenable_backup"];
const FOUND = CONDITION_IDS.filter((id) => !SOURCES.includes(id) && !ELSEWHERE.includes(id));
/** The same condition also when it is worse. */
const UNCHANGED = new Set<ConditionId>(["size_dropped", "watch_silent"]);

describe.each(FOUND)("%s", (id) => {
  it("is raised once", () => {
    expect(issueIn("well", id)).toEqual([]);
    expect(issueIn("broken", id)).toEqual([expect.objectContaining({ state: "open", comments: [] })]);
    expect(seen("broken").events).toContain(`raised ${id}`);
    expect(seen("broken").report.conditions).toContain(id);
    expect(issueIn("the same", id)).toEqual([expect.objectContaining({ state: "open", comments: [] })]);
    expect(seen("the same").events).toEqual([]);
  });

  it("stays unchanged while its source does not respond", () => {
    expect(issueIn("silent", id)).toEqual(issueIn("the same", id));
  });

  it("is updated", () => {
    const [issue, ...others] = issueIn("worse", id);
    expect(others).toEqual([]);
    expect(issue?.state).toBe("open");
    expect(issue?.comments).toHaveLength(UNCHANGED.has(id) ? 0 : 1);
    expect(seen("worse").events.includes(`changed ${id}`)).toBe(!UNCHANGED.has(id));
  });

  it("is cleared", () => {
    const [issue, ...others] = issueIn("well again", id);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ state: "closed" });
    expect(issue?.comments.at(-1)).toMatch(/^Voltou ao normal/);
    expect(seen("well again").events).toContain(`cleared ${id}`);
  });
});

describe.each(SOURCES)("%s", (id) => {
  it("is raised once and cleared", () => {
    expect(issueIn("the same", id)).toEqual([]);
    expect(issueIn("silent", id)).toEqual([expect.objectContaining({ state: "open", comments: [] })]);
    expect(seen("silent").events).toContain(`raised ${id}`);
    expect(issueIn("worse", id)).toEqual([expect.objectContaining({ state: "closed" })]);
    expect(seen("worse").events).toContain(`cleared ${id}`);
  });
});

describe("the watchdog", () => {
  it("compares the audit with its copies once a day", () => {
    const [closed, open, ...others] = issueIn("cut off", "audit_broken");
    expect(others).toEqual([]);
    expect(closed?.state).toBe("closed");
    expect(open?.state).toBe("open");
    expect(open?.body).toContain("o banco não diz o mesmo que a cópia do cofre");
  });

  it("sends no notification without a condition", () => {
    for (const name of ["well", "well again"]) {
      expect(seen(name).report).toEqual({ status: "ok", conditions: [], unknown: [] });
      expect(seen(name).beats.map((beat) => beat.split(" ")[0])).toEqual(["/hc/start", "/hc"]);
    }
    expect(seen("well")).toMatchObject({ events: [], issues: [] });
  });

  it("reports the conditions to the dead man's switch and in the report", () => {
    expect(seen("broken").report.status).toBe("failed");
    expect(seen("broken").beats).toEqual([
      "/hc/start ",
      expect.stringMatching(/^\/hc\/fail backup_overdue: .*\nbackup_corrupt: /),
    ]);
  });

  it("fails when a notification was not delivered, and reports it by the other channels", async () => {
    expect(notDelivered).toMatchObject({
      code: "alert_failed",
      message: expect.stringContaining("answered 410"),
    });
    expect(receiver.received.map(({ path }) => path)).toEqual(["/hc/start", "/hc/fail"]);
    const issues = await readIssues(github);
    expect(issues.at(-1)).toMatchObject({ id: "workflow_disabled", state: "open" });
    const report =
      "select status, report ->> 'undelivered' from public.ops_db_backup_reports where name = 'watchdog';";
    expect(await sql(prod, report)).toEqual([expect.stringMatching(/^failed\|.*answered 410/)]);
  });

  it("states facts without guesses", () => {
    const body = (id: string) => issueIn("broken", id)[0]?.body ?? "";
    expect(body("backup_corrupt")).toMatch(/tem o SHA-256 [0-9a-f]{64}, o manifesto diz [0-9a-f]{64}/);
    expect(body("rows_dropped")).toContain("public.pedidos: 1.000 → 10");
    expect(body("workflow_disabled")).toContain("db-backup-restore-drill.yml: disabled\\_manually");
    expect(body("run_lost")).toContain("backup de prod");
    expect(body("audit_broken")).toContain("registro 2");
    expect(issueIn("worse", "proof_overdue")[0]?.body).toContain("Linhas por tabela");
    expect(issueIn("worse", "secret_expiring")[0]?.body).toContain("não vale mais");
  });
});
