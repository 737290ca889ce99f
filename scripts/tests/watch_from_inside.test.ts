/**
 * Both watches over one project: the watchdog, and the watch inside the project, from the SQL of docs/watchdog.md to the alarm: the job is scheduled in the database,
 * its command is run, and its request goes to the real function, while GitHub is unreachable and after.
 */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { toUtcSecond } from "@backup/vault/object_key.ts";
import { makeKeyPair, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { ChildPart } from "../dev/child_process.ts";
import { functionPart } from "../dev/functions/function_part.ts";
import { openRunFolder, type RunFolder } from "../dev/run_folder.ts";
import { REPOSITORY, type Stack, startStack } from "../dev/stack.ts";
import { AlarmIssues } from "../lib/alerts/issues.ts";
import { connectGitHub } from "../lib/alerts/github.ts";
import { mirrorAudit } from "../lib/audit/mirror.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import { parseDatabaseUrl } from "../lib/postgres/connection.ts";
import { findFreePort } from "../lib/server/free_port.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { runWatchdog } from "../lib/watchdog/run_watchdog.ts";
import { eventsOf, type Receiver, startReceiver } from "./alarm_fixture.ts";
import { fixture } from "./engine_fixture.ts";
import { recordBackups, storeBackups } from "./vault_content.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const SECRET = "a secret of the receiver";

let stack: Stack;
let run: RunFolder;
let second: ChildPart;
let receiver: Receiver;
let sql: postgres.Sql;
let address: string;
let vault: Vault;

beforeAll(async () => {
  receiver = await startReceiver();
  stack = await startStack({ seed: false, web: "none", ports: "free", log: () => {} });
  sql = postgres(stack.databases.prod, { max: 1, onnotice: () => {} });
  const { privateKey, publicKey } = await makeKeyPair();
  const keys = { signer: new Signer(privateKey), trusted: new TrustedKeys([publicKey]) };
  vault = openR2Vault({ ...stack.r2, ...keys });
  // not the stack's own function, which has no settings for the watch
  run = await openRunFolder(() => {});
  const port = await findFreePort();
  address = `http://127.0.0.1:${port}`;
  second = functionPart({
    run,
    port,
    supabaseUrl: stack.urls.supabase,
    publishableKey: stack.keys.publishable,
    secretKey: stack.keys.secret,
    github: { url: stack.urls.github, token: stack.github.token, repository: REPOSITORY },
    allowedOrigins: [],
    watch: {
      receiver: receiver.url,
      env: {
        OPS_WATCH_TOKEN: TOKEN,
        OPS_ALERT_WEBHOOK_URL: `${receiver.url}/hook`,
        OPS_ALERT_WEBHOOK_SECRET: SECRET,
        OPS_WATCH_HEALTHCHECK_URL: `${receiver.url}/hc`,
      },
    },
    onUnexpectedEnd: () => {},
  });
  await second.start();
  const superuser = postgres(stack.superuserUrl("prod"), { max: 1, onnotice: () => {} });
  await superuser.unsafe(await fixture("cron_and_net.sql"));
  await superuser.end();
  const guide = await readFile(new URL("../../docs/watchdog.md", import.meta.url), "utf8");
  const order = /```sql\n([^]*?)```/.exec(guide)?.[1] ?? "";
  await sql.unsafe(order.replace("'TOKEN'", `'${TOKEN}'`));
});

afterAll(async () => {
  await second?.stop();
  await run?.remove();
  await sql?.end();
  await stack?.stop();
  await receiver?.stop();
});

beforeEach(() => void (receiver.received.length = 0));

const asked = z.object({ url: z.url(), body: z.unknown(), headers: z.record(z.string(), z.string()) });
const answered = z.looseObject({ ok: z.boolean(), error: z.string().optional() });

/** What pg_cron and pg_net do each hour: the command is run, and the request that it queued is sent. */
async function anHourPasses(changes: Record<string, string> = {}) {
  const [job] = await sql`select command from cron.job where jobname = 'ops-db-backup-watch'`;
  await sql.unsafe(String(job?.command));
  const [call] = await sql`select url, body, headers from net.asked order by id desc limit 1`;
  const { url, body, headers } = asked.parse(call);
  expect(url).toBe("https://PROJECT.supabase.co/functions/v1/ops-backups");
  const response = await fetch(address, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { ...headers, ...changes },
  });
  return { status: response.status, ...answered.parse(await response.json()) };
}

it("is scheduled once, hourly, without a secret in the job", async () => {
  const jobs = await sql`select jobname, schedule, command from cron.job`;
  expect(jobs).toHaveLength(1);
  expect(jobs[0]).toMatchObject({ jobname: "ops-db-backup-watch", schedule: "53 * * * *" });
  expect(jobs[0]?.command).not.toContain(TOKEN);
});

it("refuses any other token and records the attempt", async () => {
  const answer = await anHourPasses({ "X-Revo-Watch-Token": `${TOKEN}0` });
  expect(answer).toMatchObject({ status: 401, ok: false, error: "invalid_token" });
  expect(receiver.received).toEqual([]);
  const [refusal] = await sql`
    select code, actor from public.ops_db_backup_audit where event = 'refusal' order by at desc limit 1`;
  expect(refusal).toEqual({ code: "invalid_token", actor: null });
});

it("notifies once by webhook and dead man's switch that GitHub is unreachable and the watchdog silent", async () => {
  await stack.stopPart("github");
  expect(await anHourPasses()).toMatchObject({ status: 200, ok: true });
  expect(eventsOf(receiver).sort()).toEqual([
    "raised backup_overdue",
    "raised github_unreachable",
    "raised watchdog_silent",
  ]);
  expect(receiver.received.map(({ path }) => path)).toEqual([
    "/hc/start",
    "/hook",
    "/hook",
    "/hook",
    "/hc/fail",
  ]);
  const { body = "", headers = {} } = receiver.received[1] ?? {};
  const signature = createHmac("sha256", SECRET).update(body).digest("hex");
  expect(headers["x-revo-signature-256"]).toBe(`sha256=${signature}`);
  expect(receiver.received.map((it) => it.body).join("\n")).toContain("Ninguém confere o cofre");
  receiver.received.length = 0;
  expect(await anHourPasses()).toMatchObject({ notified: [] });
  expect(receiver.received.map(({ path }) => path)).toEqual(["/hc/start", "/hc/fail"]);
});

/** A round of the watchdog as its workflow runs it: the events of the webhook, and the open issues. */
async function theWatchdogLooks() {
  receiver.received.length = 0;
  const github = { token: stack.github.token, apiUrl: stack.urls.github, repository: REPOSITORY };
  const catalog = new Catalog({ connection: parseDatabaseUrl(stack.databases.prod, "prod") });
  try {
    const issues = new AlarmIssues(connectGitHub(github));
    await runWatchdog({
      target: "prod",
      vault: () => vault,
      catalog: () => catalog,
      github: connectGitHub(github),
      functionsGitHub: null,
      expectsWatch: true,
      channels: {
        issues,
        webhook: { url: `${receiver.url}/hook`, secret: null, fetch, sleep: () => Promise.resolve() },
        heartbeat: null,
      },
      runUrl: null,
      now: () => new Date(),
      log: () => {},
    });
    return { sent: eventsOf(receiver).sort(), open: (await issues.open()).map(({ mark }) => mark.id).sort() };
  } finally {
    await catalog.close();
  }
}

/** What the database's watch sent. */
async function theDatabaseLooks() {
  receiver.received.length = 0;
  expect(await anHourPasses()).toMatchObject({ status: 200, ok: true });
  return eventsOf(receiver).sort();
}

/** As if the last report of a watch had been written so long ago. */
async function age(name: string, hours: number): Promise<void> {
  await sql`update public.ops_db_backup_reports set at = now() - make_interval(hours => ${hours}) where name = ${name}`;
}

it("an alarm that both see is sent by the first and gets an issue from the watchdog; the first sends its end", async () => {
  await stack.startPart("github");
  const catalog = new Catalog({ connection: parseDatabaseUrl(stack.databases.prod, "prod") });
  await mirrorAudit(vault, catalog);
  // both notified it in the round above
  expect(await theWatchdogLooks()).toEqual({ sent: [], open: ["backup_overdue"] });
  expect(await theDatabaseLooks()).toEqual(["cleared github_unreachable", "cleared watchdog_silent"]);

  const keys = await storeBackups(vault, [{ createdAt: toUtcSecond(new Date()) }]);
  await recordBackups(catalog, vault.bucket, keys);
  await catalog.close();
  // the watchdog is first now
  expect(await theWatchdogLooks()).toEqual({ sent: ["raised proof_overdue"], open: ["proof_overdue"] });
  expect(await theDatabaseLooks()).toEqual(["cleared backup_overdue"]);
  expect(await theDatabaseLooks()).toEqual([]);
  expect((await theWatchdogLooks()).sent).toEqual([]);
  const [report] = await sql`
    select status, report -> 'unknown' as unknown from public.ops_db_backup_reports where name = 'watch'`;
  expect(report).toEqual({
    status: "failed",
    unknown: expect.arrayContaining(["vault_unreachable", "backup_corrupt"]),
  });
});

it("the watchdog notices that pg_cron or the function is silent, once, and that it is back", async () => {
  await second.stop();
  await expect(anHourPasses()).rejects.toThrow("fetch failed");
  await age("watch", 4);
  expect(await theWatchdogLooks()).toEqual({
    sent: ["raised watch_silent"],
    open: ["proof_overdue", "watch_silent"],
  });
  expect((await theWatchdogLooks()).sent).toEqual([]);
  await second.start();
  expect(await theDatabaseLooks()).toEqual([]);
  expect(await theWatchdogLooks()).toEqual({ sent: ["cleared watch_silent"], open: ["proof_overdue"] });
});

it("the database's watch notices that the watchdog is silent, and does not repeat what that one sent", async () => {
  await age("watchdog", 14);
  expect(await theDatabaseLooks()).toEqual(["raised watchdog_silent"]);
  expect(await theDatabaseLooks()).toEqual([]);
  expect((await theWatchdogLooks()).sent).toEqual([]);
  expect(await theDatabaseLooks()).toEqual(["cleared watchdog_silent"]);
});
