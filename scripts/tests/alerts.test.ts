/** Alarms by GitHub issue and webhook: each is delivered once per channel, and a failed delivery is reported. */
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestGitHub, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";
import { type Alarm, materialOf } from "@backup/watch/alarm.ts";
import {
  type Channels,
  deliver,
  type DeliveryOrder,
} from "../../supabase/functions/_shared/alerts/deliver.ts";
import { AlarmIssues } from "../lib/alerts/issues.ts";
import { connectGitHub } from "../lib/alerts/github.ts";
import { sendBeat } from "../../supabase/functions/_shared/alerts/heartbeat.ts";
import { eventsOf, payloadsOf, readIssues, type Receiver, startReceiver } from "./alarm_fixture.ts";

const SECRET = "a secret of the receiver";
const alarm: Alarm = {
  id: "backup_overdue",
  severity: "failed",
  title: "Backup de prod atrasado",
  risk: "O que foi gravado não está em backup nenhum.",
  facts: ["Último: ontem <b>@alguem</b>"],
  todo: "Clique em Backup agora.",
  material: "key 1",
};
const source = { at: "2026-01-20T12:00:00.000Z", runUrl: "https://github.test/run/1" };

let github: TestGitHub;
let receiver: Receiver;
let slept: number[];
let channels: Channels;

beforeEach(async () => {
  github = await startTestGitHub({});
  receiver = await startReceiver();
  slept = [];
  channels = {
    issues: new AlarmIssues(
      connectGitHub({ token: TOKEN, apiUrl: github.github.url, repository: "revo/erp" }),
    ),
    webhook: hook(`${receiver.url}/hook`),
    heartbeat: null,
  };
});
afterEach(async () => {
  await receiver.stop();
  await github.stop();
});

const sleep = (ms: number) => {
  slept.push(ms);
  return Promise.resolve();
};
const hook = (url: string) => ({ url, secret: SECRET, fetch, sleep });

const tell = (alarms: Alarm[], changes: Partial<DeliveryOrder> = {}, through: Channels = channels) =>
  deliver(through, {
    alarms,
    decided: ["backup_overdue"],
    source,
    test: false,
    memories: (marked) => ({ own: marked ?? {}, other: {} }),
    ...changes,
  });
const read = () => readIssues(github);

describe("an alarm as an issue", () => {
  it("opens one issue, adds a comment on a change, and closes it when the condition clears", async () => {
    expect((await tell([alarm])).failures).toEqual([]);
    const later = { ...source, at: "2026-01-20T13:00:00.000Z" };
    await tell([{ ...alarm, facts: ["Último: há mais tempo"] }], { source: later });
    let [issue, ...others] = await read();
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ state: "open", title: alarm.title, comments: [] });
    expect(issue?.body).toContain("há mais tempo");
    expect(issue?.body).toContain("20/01/2026, 10:00 (horário de Brasília)");
    await tell([{ ...alarm, material: "key 2", facts: ["Outro backup"] }]);
    [issue] = await read();
    expect(issue?.comments).toEqual([expect.stringContaining("Outro backup")]);
    await tell([]);
    [issue, ...others] = await read();
    expect(issue).toMatchObject({
      state: "closed",
      comments: [expect.anything(), expect.stringMatching(/^Voltou/)],
    });
    expect(eventsOf(receiver)).toEqual(
      ["raised", "changed", "cleared"].map((event) => `${event} backup_overdue`),
    );
    await tell([alarm]);
    expect((await read()).map(({ state }) => state)).toEqual(["closed", "open"]);
  });

  it("states the risk first and the action last, and escapes everything that GitHub would interpret", async () => {
    await tell([alarm]);
    const [issue] = await read();
    const lines = issue?.body.split("\n") ?? [];
    expect(lines[0]).toBe(`**${alarm.risk}**`);
    expect(lines.at(-1)).toBe(`**O que fazer:** ${alarm.todo}`);
    expect(issue?.body).toContain("\\<b\\>\\@alguem\\</b\\>");
    const [sent] = payloadsOf(receiver);
    expect(sent?.text.split("\n")[0]).toBe(alarm.risk);
    expect(sent?.text.split("\n").at(-1)).toBe(`O que fazer: ${alarm.todo}`);
  });

  it("stays open while the condition is unknown", async () => {
    await tell([alarm]);
    await tell([], { decided: [] });
    expect((await read()).map(({ state }) => state)).toEqual(["open"]);
  });

  it("keeps one issue when a duplicate was opened, and does not touch other issues", async () => {
    await tell([alarm]);
    const [issue] = await read();
    const { issues } = github.octokit.rest;
    const twin = { owner: "revo", repo: "erp", title: "twin", labels: ["alarme-backups"] };
    await issues.create({ ...twin, body: issue?.body });
    await issues.create({ ...twin, title: "a person's", body: "no mark" });
    await tell([alarm]);
    const { data } = await issues.listForRepo({ owner: "revo", repo: "erp" });
    expect(data.map(({ title }) => title)).toEqual(["a person's", alarm.title]);
  });
});

describe("the webhook", () => {
  it("is signed over its bytes and carries text and fields", async () => {
    await tell([alarm]);
    const [received] = receiver.received;
    const expected = createHmac("sha256", SECRET).update(received?.body ?? "").digest("hex");
    expect(received?.headers["x-revo-signature-256"]).toBe(`sha256=${expected}`);
    expect(payloadsOf(receiver)[0]).toMatchObject({
      event: "raised",
      test: false,
      condition: { id: "backup_overdue", severity: "failed", facts: alarm.facts },
      issue_url: `${github.github.url}/revo/erp/issues/1`,
    });
  });

  it("is retried with pauses after a broken connection and a 503, and counts as one delivery", async () => {
    receiver.answers.push(0, 503);
    expect((await tell([alarm])).failures).toEqual([]);
    expect(eventsOf(receiver)).toEqual(["raised backup_overdue"]);
    expect(slept).toEqual([1_000, 4_000]);
  });

  it("reports a refusal as a failure without its address; the issue stays open and the next round notifies again", async () => {
    receiver.answers.push(410);
    const { failures } = await tell([alarm]);
    expect(failures.map(({ code }) => code)).toEqual(["alert_failed"]);
    expect(failures[0]?.message).toContain("it answered 410");
    expect(JSON.stringify(failures) + failures[0]?.message).not.toContain(receiver.url);
    expect((await read()).map(({ state }) => state)).toEqual(["open"]);
    expect((await tell([alarm])).failures).toEqual([]);
    expect(eventsOf(receiver)).toEqual(["raised backup_overdue"]);
    expect((await read())[0]?.comments).toEqual([]);
  });

  it("keeps the issue open until the all-clear is delivered to an unreachable webhook", async () => {
    await tell([alarm]);
    receiver.answers.push(500, 500, 500);
    expect((await tell([])).failures).toHaveLength(1);
    expect((await read())[0]?.state).toBe("open");
    expect((await tell([])).failures).toEqual([]);
    expect((await read())[0]?.state).toBe("closed");
    expect(eventsOf(receiver)).toEqual(["raised backup_overdue", "cleared backup_overdue"]);
  });
});

describe("two watches", () => {
  const sent = async (it: Alarm) => ({
    [it.id]: { title: it.title, material: await materialOf(it), at: source.at },
  });

  it("an alarm that the other one sent opens an issue without a second notification, and ends without one", async () => {
    const other = await sent(alarm);
    const memories: DeliveryOrder["memories"] = (marked) => ({ own: marked ?? {}, other });
    expect((await tell([alarm], { memories })).notified).toEqual({});
    expect((await tell([{ ...alarm, material: "key 2" }], { memories })).sent).toEqual([
      "changed backup_overdue",
    ]);
    // both have sent it: the other one sends its end
    expect((await tell([], { memories })).sent).toEqual([]);
    expect((await read()).map(({ state }) => state)).toEqual(["closed"]);
    expect(eventsOf(receiver)).toEqual(["changed backup_overdue"]);
  });

  it("without issues what was sent is returned, and is enough to send the end", async () => {
    const own = await sent(alarm);
    const through = { ...channels, issues: null };
    expect((await tell([alarm], {}, through)).notified).toEqual(own);
    const ended = await tell([], { memories: () => ({ own, other: {} }) }, through);
    expect([ended.sent, ended.notified]).toEqual([["cleared backup_overdue"], {}]);
  });
});

describe("GitHub", () => {
  it("does not block the webhook when it fails, and the failure is reported", async () => {
    const answer = { status: 500, body: { message: "Server Error" } };
    github.github.faults.requests.push(answer);
    const { failures } = await tell([alarm]);
    expect(failures.map(({ code }) => code)).toEqual(["github_error"]);
    expect(eventsOf(receiver)).toEqual(["raised backup_overdue"]);
  });

  it("reports a refused token, and the absence of any channel, as a failure", async () => {
    const repository = { token: "ghp_wrong", apiUrl: github.github.url, repository: "revo/erp" };
    const issues = new AlarmIssues(connectGitHub(repository));
    const wrong = await tell([alarm], {}, { issues, webhook: null, heartbeat: null });
    expect(wrong.failures.map(({ code }) => code)).toEqual(["github_bad_token"]);
    const none = await tell([alarm], {}, { issues: null, webhook: null, heartbeat: null });
    expect(none.failures.map(({ code }) => code)).toEqual(["alert_failed"]);
    expect((await tell([], {}, { issues: null, webhook: null, heartbeat: null })).failures).toEqual([]);
  });
});

describe("the dead man's switch", () => {
  it("receives start, success and fail at the paths of healthchecks.io", async () => {
    const options = { url: `${receiver.url}/uuid?rid=1`, fetch, sleep };
    receiver.answers.push(0);
    for (const beat of ["start", "success", "fail"] as const) await sendBeat(options, beat, `text ${beat}`);
    expect(receiver.received.map(({ path, body }) => `${path} ${body}`)).toEqual([
      "/uuid/start?rid=1 text start",
      "/uuid?rid=1 text success",
      "/uuid/fail?rid=1 text fail",
    ]);
  });

  it("reports a failed delivery without its address", async () => {
    receiver.answers.push(404, 404, 404);
    const error = await sendBeat({ url: `${receiver.url}/uuid`, fetch, sleep }, "success", "").catch((it) =>
      it
    );
    expect(error).toMatchObject({ code: "alert_failed", message: expect.stringContaining("answered 404") });
    expect(String(error.stack)).not.toContain(receiver.url);
  });
});
