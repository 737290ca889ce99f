/**
 * The watch inside the project, from the SQL of docs/watchdog.md to the alarm: the job is scheduled in the database,
 * its command is run, and its request goes to the real function, while GitHub is unreachable and after.
 */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { ChildPart } from "../dev/child_process.ts";
import { functionPart } from "../dev/functions/function_part.ts";
import { openRunFolder, type RunFolder } from "../dev/run_folder.ts";
import { REPOSITORY, type Stack, startStack } from "../dev/stack.ts";
import { findFreePort } from "../lib/server/free_port.ts";
import { eventsOf, type Receiver, startReceiver } from "./alarm_fixture.ts";
import { fixture } from "./engine_fixture.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const SECRET = "a secret of the receiver";

let stack: Stack;
let run: RunFolder;
let second: ChildPart;
let receiver: Receiver;
let sql: postgres.Sql;
let address: string;

beforeAll(async () => {
  receiver = await startReceiver();
  stack = await startStack({ seed: false, web: "none", ports: "free", log: () => {} });
  sql = postgres(stack.databases.prod, { max: 1, onnotice: () => {} });
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
  expect(body).toContain("Ninguém confere os backups");
  receiver.received.length = 0;
  expect(await anHourPasses()).toMatchObject({ notified: [] });
  expect(receiver.received.map(({ path }) => path)).toEqual(["/hc/start", "/hc/fail"]);
});

it("leaves the alarms to the watchdog when it reports again, and clears its own", async () => {
  await stack.startPart("github");
  await sql`select public.ops_db_backup_report('{"name": "watchdog", "status": "ok", "report": {"undelivered": []}}')`;
  expect(await anHourPasses()).toMatchObject({ status: 200, conditions: ["backup_overdue"] });
  expect(eventsOf(receiver).sort()).toEqual(["cleared github_unreachable", "cleared watchdog_silent"]);
  const [report] = await sql`
    select status, report -> 'unknown' as unknown from public.ops_db_backup_reports where name = 'watch'`;
  expect(report).toEqual({
    status: "failed",
    unknown: expect.arrayContaining(["vault_unreachable", "backup_corrupt"]),
  });
});
