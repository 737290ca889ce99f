/** Jobs and concurrency groups: their order. */
import { describe, expect, it } from "vitest";
import {
  dispatch,
  OWNER,
  REPO,
  runWorkflow,
  startForTest,
  type TestGitHub,
  until,
  waitForRun,
  workflowOf,
} from "../test_github.ts";

const where = { owner: OWNER, repo: REPO };
const start = startForTest();

describe("jobs", () => {
  const jobs = (first: string) => `
on: workflow_dispatch
jobs:
  first: {runs-on: x, outputs: {made: "\${{ steps.s.outputs.v }}"}, steps: [{id: s, run: ${first}}]}
  second: {runs-on: x, needs: first, env: {V: "\${{ needs.first.outputs.made }}"}, steps: [{run: echo "got \$V"}]}
  third: {runs-on: x, needs: [second], steps: [{run: echo}]}
  rescue: {runs-on: x, needs: [second], if: failure(), steps: [{run: echo}]}
  last: {runs-on: x, needs: [third], if: always(), steps: [{run: echo}]}
`;
  async function conclusions(test: TestGitHub, run_id: number) {
    await waitForRun(test, run_id);
    const { data } = await test.octokit.rest.actions.listJobsForWorkflowRun({ ...where, run_id });
    return Object.fromEntries(data.jobs.map(({ name, conclusion }) => [name, conclusion]));
  }

  it("wait for the jobs that they need and read their outputs", async () => {
    const log: string[] = [];
    const made = `"echo v=42 >> \\"$GITHUB_OUTPUT\\""`;
    const test = await start({ "a.yml": jobs(made) }, { log: (line) => log.push(line) });
    expect(await conclusions(test, await dispatch(test, "a.yml"))).toEqual({
      first: "success",
      second: "success",
      third: "success",
      rescue: "skipped",
      last: "success",
    });
    expect(log.join("\n")).toContain("got 42");
  });

  it("are skipped after a failure, except failure() and always()", async () => {
    const test = await start({ "a.yml": jobs("exit 1") });
    const run_id = await dispatch(test, "a.yml");
    expect(await conclusions(test, run_id)).toEqual({
      first: "failure",
      second: "skipped",
      third: "skipped",
      rescue: "success",
      last: "success",
    });
    expect((await test.octokit.rest.actions.getWorkflowRun({ ...where, run_id })).data.conclusion).toBe(
      "failure",
    );
  });

  it("are cancelled at their time-out", async () => {
    const text = workflowOf("- {name: slow, run: sleep 60}\n- {name: tidy, if: always(), run: echo tidied}")
      .replace("runs-on: local", "runs-on: local\n    timeout-minutes: \${{ fromJSON(vars.T) }}");
    const test = await start({ "a.yml": text }, { variables: { T: "0.005" } });
    const ended = await runWorkflow(test, "a.yml");
    expect(ended).toMatchObject({ conclusion: "cancelled", steps: { slow: "cancelled", tidy: "success" } });
  });
});

describe("a concurrency group", () => {
  const grouped = (more = "") =>
    workflowOf(
      `- run: until [ -e "$GITHUB_WORKSPACE/go" ]; do sleep 0.05; done`,
      `concurrency: {group: g${more}}`,
    );
  const status = async (test: TestGitHub, run_id: number) => {
    const { data } = await test.octokit.rest.actions.getWorkflowRun({ ...where, run_id });
    return data.conclusion ?? data.status;
  };

  it("runs one and queues one; an older queued run is cancelled", async () => {
    const test = await start({ "a.yml": grouped(), "go.yml": workflowOf("- run: touch go") });
    const [first, second, third] = [
      await dispatch(test, "a.yml"),
      await dispatch(test, "a.yml"),
      await dispatch(test, "a.yml"),
    ];
    await until(async () => await status(test, first) === "in_progress");
    expect(await status(test, second)).toBe("cancelled");
    expect(await status(test, third)).toBe("pending");
    await runWorkflow(test, "go.yml");
    expect((await waitForRun(test, first)).conclusion).toBe("success");
    expect((await waitForRun(test, third)).conclusion).toBe("success");
  });

  it("cancels the active run only if cancel-in-progress is set", async () => {
    const test = await start({
      "a.yml": grouped(", cancel-in-progress: true"),
      "go.yml": workflowOf("- run: touch go"),
    });
    const first = await dispatch(test, "a.yml");
    await until(() => test.github.pids().length === 1);
    const second = await dispatch(test, "a.yml");
    expect((await waitForRun(test, first)).conclusion).toBe("cancelled");
    await runWorkflow(test, "go.yml");
    expect((await waitForRun(test, second)).conclusion).toBe("success");
  });

  it("releases its place when the queued run is cancelled", async () => {
    const test = await start({ "a.yml": grouped(", queue: max"), "go.yml": workflowOf("- run: touch go") });
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push(await dispatch(test, "a.yml"));
    const [first = 0, second = 0, third = 0, fourth = 0] = ids;
    await test.octokit.rest.actions.cancelWorkflowRun({ ...where, run_id: second });
    expect((await waitForRun(test, second)).conclusion).toBe("cancelled");
    expect([await status(test, third), await status(test, fourth)]).toEqual(["pending", "pending"]);
    await runWorkflow(test, "go.yml");
    for (const id of [first, third, fourth]) expect((await waitForRun(test, id)).conclusion).toBe("success");
  });
});

describe("a job's concurrency group", () => {
  it("applies to jobs of different runs", async () => {
    const text = workflowOf(`- run: until [ -e go ]; do sleep 0.05; done`)
      .replace("runs-on: local", "runs-on: local\n    concurrency: one-at-a-time");
    const test = await start({ "a.yml": text, "go.yml": workflowOf("- run: touch go") });
    const first = await dispatch(test, "a.yml");
    await until(() => test.github.pids().length === 1);
    const second = await dispatch(test, "a.yml");
    const jobOf = async (run_id: number) =>
      (await test.octokit.rest.actions.listJobsForWorkflowRun({ ...where, run_id })).data.jobs[0];
    await until(async () => (await jobOf(second))?.status === "pending");
    expect(test.github.pids()).toHaveLength(1);
    await runWorkflow(test, "go.yml");
    for (const id of [first, second]) expect((await waitForRun(test, id)).conclusion).toBe("success");
  });
});
