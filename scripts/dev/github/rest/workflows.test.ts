/** Workflows over REST: lists, enabling and disabling, dispatches with GitHub's refusals, schedules. */
import { describe, expect, it } from "vitest";
import { OWNER, refusal, REPO, requestDispatch, runWorkflow, TOKEN, waitForRun } from "../test_github.ts";
import { startForFile } from "./fixture.ts";

const where = { owner: OWNER, repo: REPO };
const github = startForFile();

describe("workflows", () => {
  it("lists them, a broken one by its path, and finds one by file and by id", async () => {
    const { data } = await github().octokit.rest.actions.listRepoWorkflows(where);
    expect(data.workflows.map(({ name }) => name)).toEqual([
      ".github/workflows/broken.yml",
      "With inputs",
      ".github/workflows/plain.yml",
      ".github/workflows/push.yml",
      ".github/workflows/slow.yml",
    ]);
    const id = data.workflows[1]?.id ?? 0;
    for (const workflow_id of [id, "inputs.yml"]) {
      const { data: found } = await github().octokit.rest.actions.getWorkflow({ ...where, workflow_id });
      expect(found).toMatchObject({ id, path: ".github/workflows/inputs.yml", state: "active" });
    }
    const missing = github().octokit.rest.actions.getWorkflow({ ...where, workflow_id: "no.yml" });
    expect(await refusal(missing)).toEqual([404, "Not Found"]);
  });

  it("starts no run while disabled", async () => {
    const workflow = { ...where, workflow_id: "plain.yml" };
    await github().octokit.rest.actions.disableWorkflow(workflow);
    expect((await github().octokit.rest.actions.getWorkflow(workflow)).data.state).toBe("disabled_manually");
    const message = "Cannot trigger a 'workflow_dispatch' on a disabled workflow";
    expect(await refusal(requestDispatch(github().octokit, "plain.yml", {}))).toEqual([422, message]);
    await github().octokit.rest.actions.enableWorkflow(workflow);
    expect((await runWorkflow(github(), "plain.yml")).conclusion).toBe("success");
  });
});

describe("a dispatch", () => {
  it("answers 204, or 200 with the run if that is requested or the API version is 2026-03-10", async () => {
    expect((await requestDispatch(github().octokit, "inputs.yml", { inputs: { key: "k" } })).status).toBe(
      204,
    );
    const detailed = await requestDispatch(github().octokit, "inputs.yml", {
      inputs: { key: "k" },
      return_run_details: true,
    });
    expect(detailed.status).toBe(200);
    expect(detailed.data.html_url).toBe(
      `${github().github.url}/${OWNER}/${REPO}/actions/runs/${detailed.data.workflow_run_id}`,
    );
    const headers = { "x-github-api-version": "2026-03-10" };
    expect((await requestDispatch(github().octokit, "inputs.yml", { inputs: { key: "k" }, headers })).status)
      .toBe(200);
  });

  it("runs with the inputs, defaults and the run's name", async () => {
    const run = await runWorkflow(github(), "inputs.yml", { key: "a b", id: "42" });
    expect(run).toMatchObject({ conclusion: "success", title: "Run 42" });
    expect(run.log).toContain("prod/a b/false");
  });

  it.each([
    ["an unknown ref", { ref: "nope" }, "No ref found for: nope"],
    [
      "an unexpected input",
      { inputs: { key: "k", x: "1", y: "2" } },
      'Unexpected inputs provided: ["x","y"]',
    ],
    ["a missing input", {}, "Required input 'key' not provided"],
    ["an empty required input", { inputs: { key: "" } }, "Required input 'key' not provided"],
    [
      "a choice that is none",
      { inputs: { key: "k", target: "verify" } },
      "Provided value 'verify' for input 'target' not in the list of allowed values",
    ],
    [
      "a boolean that is none",
      { inputs: { key: "k", flag: "yes" } },
      "Provided value 'yes' for input 'flag' is not a boolean",
    ],
    ["inputs that are too large", { inputs: { key: "k".repeat(65_536) } }, "inputs are too large."],
    ["no ref", { ref: undefined }, `Invalid request.\n\n"ref" wasn't supplied.`],
    [
      "26 inputs",
      { inputs: Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`i${i}`, "x"])) },
      "Invalid request.\n\nNo more than 25 properties are allowed; 26 were supplied.",
    ],
  ])("is refused for %s", async (_, body, message) => {
    expect(await refusal(requestDispatch(github().octokit, "inputs.yml", body))).toEqual([422, message]);
  });

  it("is refused for a workflow without the trigger, a broken one, an unknown one and broken JSON", async () => {
    expect(await refusal(requestDispatch(github().octokit, "push.yml", {}))).toEqual([
      422,
      "Workflow does not have 'workflow_dispatch' trigger",
    ]);
    const [status, message] = await refusal(requestDispatch(github().octokit, "broken.yml", {}));
    expect([status, message]).toEqual([422, expect.stringContaining("failed to parse workflow: ")]);
    expect(message).toContain("Unexpected value 'stepz'");
    expect(await refusal(requestDispatch(github().octokit, "no.yml", {}))).toEqual([404, "Not Found"]);
    const path = `${github().github.url}/repos/${OWNER}/${REPO}/actions/workflows/plain.yml/dispatches`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await fetch(path, { method: "POST", headers, body: "{" })).status).toBe(400);
  });
});

describe("a schedule", () => {
  const fire = (file: string, token = TOKEN) => {
    const headers = { authorization: `Bearer ${token}` };
    return fetch(`${github().github.url}/_local/schedule/${file}`, { method: "POST", headers });
  };

  it("is fired by a call and has no inputs", async () => {
    const answer = await fire("inputs.yml");
    expect(answer.status).toBe(201);
    const { data } = await github().octokit.rest.actions.listWorkflowRunsForRepo({
      ...where,
      event: "schedule",
    });
    expect(data.total_count).toBe(1);
    const run = await waitForRun(github(), data.workflow_runs[0]?.id ?? 0);
    expect(run).toMatchObject({ conclusion: "success", title: "Run of the schedule" });
    expect(run.log).toContain("none//");
  });

  it("needs a token with the permission, and a schedule", async () => {
    expect((await fire("inputs.yml", "reader")).status).toBe(403);
    expect((await fire("inputs.yml", "wrong")).status).toBe(401);
    expect((await fire("plain.yml")).status).toBe(422);
  });
});
