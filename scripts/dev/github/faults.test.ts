/** Each fault that a test can inject has its effect. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { OWNER, refusal, REPO, requestDispatch, waitForRun } from "./test_github.ts";
import { startForFile } from "./rest/fixture.ts";

const where = { owner: OWNER, repo: REPO };
const github = startForFile();

beforeEach(() => github().github.faults.clear());

describe("faults", () => {
  const count = async () =>
    (await github().octokit.rest.actions.listWorkflowRunsForRepo(where)).data.total_count;
  const details = { return_run_details: true };

  it("refuse a dispatch", async () => {
    const before = await count();
    const headers = { "retry-after": "1" };
    const body = {
      message: "API rate limit exceeded",
      documentation_url: "https://docs.github.com/rest",
      status: "429",
    };
    github().github.faults.dispatches.push({ kind: "answer", answer: { status: 429, body, headers } });
    expect(await refusal(requestDispatch(github().octokit, "plain.yml", details))).toEqual([
      429,
      "API rate limit exceeded",
    ]);
    expect(await count()).toBe(before);
    expect((await requestDispatch(github().octokit, "plain.yml", details)).status).toBe(200);
  });

  it("accept a dispatch and answer 204, 502 or nothing", async () => {
    const before = await count();
    github().github.faults.dispatches.push({ kind: "no-details" });
    expect((await requestDispatch(github().octokit, "plain.yml", details)).status).toBe(204);
    const body = { message: "Bad Gateway", documentation_url: "https://docs.github.com/rest", status: "502" };
    github().github.faults.dispatches.push({ kind: "accepted-but", answer: { status: 502, body } });
    expect(await refusal(requestDispatch(github().octokit, "plain.yml", details))).toEqual([
      502,
      "Bad Gateway",
    ]);
    for (const accept of [true, false]) {
      github().github.faults.dispatches.push({ kind: "silence", accept });
      const client = new AbortController();
      const request = { signal: client.signal };
      const dispatch = requestDispatch(github().octokit, "plain.yml", { ...details, request });
      dispatch.catch(() => {}); // awaited below
      // the time to answer begins when the request is accepted, however slow the machine is
      await expect.poll(() => github().github.faults.dispatches).toEqual([]);
      await expect.poll(count).toBe(before + 3);
      await sleep(200);
      client.abort();
      await expect(dispatch).rejects.toThrow();
    }
    expect(await count()).toBe(before + 3);
    expect(github().github.journal.filter(({ status }) => status === 0)).toHaveLength(2);
  });

  it("hide a new run for a while", async () => {
    github().github.faults.runsVisibleAfterMs = 2000;
    const { data } = await requestDispatch(github().octokit, "plain.yml", details);
    const run_id = Number(data.workflow_run_id);
    const read = () => github().octokit.rest.actions.getWorkflowRun({ ...where, run_id });
    expect(await refusal(read())).toEqual([404, "Not Found"]);
    await expect.poll(() => read().then(() => "shown", () => "hidden")).toBe("shown");
    expect((await waitForRun(github(), run_id)).conclusion).toBe("success");
  });

  it("answer any other request instead", async () => {
    const body = {
      message: "Server Error",
      documentation_url: "https://docs.github.com/rest",
      status: "503",
    };
    github().github.faults.requests.push({ status: 503, body });
    expect(await refusal(github().octokit.rest.rateLimit.get())).toEqual([503, "Server Error"]);
    await github().octokit.rest.rateLimit.get();
  });
});
