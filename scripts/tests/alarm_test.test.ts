/** The alarm's own test, and both workflows as GitHub runs them. */
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { runWorkflow, startTestGitHub, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import type { Channels } from "../lib/alerts/deliver.ts";
import { AlarmIssues } from "../lib/alerts/issues.ts";
import { connectGitHub } from "../lib/github.ts";
import { testAlarm } from "../lib/watchdog/self_test.ts";
import { eventsOf, payloadsOf, readIssues, type Receiver, startReceiver } from "./alarm_fixture.ts";
import { binaries, createProject, denoCache, startPlace, type TestPlace } from "./engine_fixture.ts";
import { addBackup, addReceipt } from "./watchdog_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const source = { at: new Date().toISOString(), runUrl: null };

let place: TestPlace;
let github: TestGitHub;
let receiver: Receiver;
let archive: string;

beforeAll(async () => {
  place = await startPlace();
  const prod = await createProject(place.server, "prod");
  await migrate(binaries.path("psql"), prod, await readMigrations());
  archive = await addBackup(place.store, { at: new Date(Date.now() - 3_600_000) });
  receiver = await startReceiver();
  github = await startTestGitHub({}, {
    workspace: ROOT,
    otherTokens: { reader: "read" },
    secrets: {
      ...place.store.secrets,
      SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
      HEALTHCHECK_URL: `${receiver.url}/hc`,
      OPS_ALERT_WEBHOOK_URL: `${receiver.url}/hook`,
      OPS_ALERT_WEBHOOK_SECRET: "a secret of the receiver",
    },
    variables: { REVO_POSTGRES_MAJOR: String(binaries.major) },
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
  await place?.stop();
});
beforeEach(() => void (receiver.heard.length = 0));

/** Runs the test in this process. */
function test(changes: Partial<Channels>, token = TOKEN): Promise<void> {
  const repository = { token, apiUrl: github.github.url, repository: "revo/erp" };
  const webhook = { url: `${receiver.url}/hook`, secret: null, fetch, sleep: () => Promise.resolve() };
  const channels = { issues: new AlarmIssues(connectGitHub(repository)), webhook, ...changes };
  return testAlarm({ target: "prod", vault: place.store.vault, channels, source, log: () => {} });
}

async function plants(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of place.store.vault.list("selftest/")) keys.push(key);
  return keys;
}

it("the watchdog's workflow tells what it sees, ends well, and shows no address", async () => {
  const { conclusion, log } = await runWorkflow(github, "db-backup-watchdog.yml");
  expect(log).toContain("proof_overdue: ");
  expect(conclusion).toBe("success");
  expect((await readIssues(github)).map(({ id, state }) => `${id} ${state}`)).toEqual([
    "proof_overdue open",
  ]);
  expect(eventsOf(receiver)).toEqual(["raised proof_overdue"]);
  expect(receiver.heard.map(({ path }) => path)).toEqual(["/hc/start", "/hook", "/hc/fail"]);
  expect(log).not.toContain(receiver.url);
  await addReceipt(place.store, archive, new Date());
});

it("the test's workflow raises an alarm that is marked as a test, takes it back, and leaves nothing", async () => {
  const { conclusion, log } = await runWorkflow(github, "db-backup-alarm-test.yml");
  expect(log).toContain("the alarm was taken back");
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
  expect(await plants()).toEqual([]);
});

it("a webhook that is cut makes the test fail", async () => {
  receiver.answers.push(410);
  await expect(test({})).rejects.toMatchObject({ code: "alarm_not_raised" });
  expect(await plants()).toEqual([]);
  expect((await readIssues(github)).filter(({ id }) => id === "alarm_test").map(({ state }) => state))
    .toEqual(["closed", "closed"]);
});

it("issues that cannot be written make the test fail, and so does a house without any channel", async () => {
  await expect(test({ webhook: null }, "reader")).rejects.toMatchObject({ code: "alarm_not_raised" });
  await expect(test({ webhook: null, issues: null })).rejects.toMatchObject({ code: "alarm_not_raised" });
  expect(await plants()).toEqual([]);
});
