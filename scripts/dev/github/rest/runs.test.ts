/** Runs over REST: lists, jobs, logs, cancelling, and the HTML page. */
import { describe, expect, it } from "vitest";
import { dispatch, OWNER, refusal, REPO, TOKEN, until, waitForRun } from "../test_github.ts";
import { startForFile } from "./fixture.ts";

const where = { owner: OWNER, repo: REPO };
const github = startForFile();

describe("runs", () => {
  it("are listed newest first, by workflow, event, status and time", async () => {
    const ids: number[] = [];
    for (let i = 0; i < 3; i++) ids.unshift(await dispatch(github(), "plain.yml"));
    for (const id of ids) await waitForRun(github(), id);
    const list = async (
      query: {
        per_page?: number;
        page?: number;
        event?: string;
        created?: string;
        status?: "success" | "failure";
      },
    ) => {
      const answer = await github().octokit.rest.actions.listWorkflowRuns({
        ...where,
        workflow_id: "plain.yml",
        ...query,
      });
      return answer.data.workflow_runs.map(({ id }) => id);
    };
    expect((await list({})).slice(0, 3)).toEqual(ids);
    expect(await list({ per_page: 1, page: 2 })).toEqual([ids[1]]);
    expect((await list({ status: "success" })).slice(0, 3)).toEqual(ids);
    expect(await list({ status: "failure" })).toEqual([]);
    expect(await list({ event: "schedule" })).toEqual([]);
    const today = new Date().toISOString().slice(0, 10);
    expect((await list({ created: today })).slice(0, 3)).toEqual(ids);
    expect((await list({ created: `2020-01-01..*` })).slice(0, 3)).toEqual(ids);
    expect(await list({ created: `>${today}` })).toEqual([]);
    expect(await list({ created: "<2020-01-01" })).toEqual([]);
  });

  it("show their jobs, steps and logs", async () => {
    const run_id = await dispatch(github(), "inputs.yml", { key: "k" });
    await waitForRun(github(), run_id);
    const { data: { jobs: [job] } } = await github().octokit.rest.actions.listJobsForWorkflowRun({
      ...where,
      run_id,
    });
    expect(job).toMatchObject({ name: "The job", labels: ["self-hosted", "large"], status: "completed" });
    expect(job?.steps?.map(({ number, name, conclusion }) => [number, name, conclusion])).toEqual([
      [1, "Set up job", "success"],
      [2, `Run echo "$TARGET/$KEY/$FLAG"`, "success"],
      [3, "Complete job", "success"],
    ]);
    const job_id = job?.id ?? 0;
    expect((await github().octokit.rest.actions.getJobForWorkflowRun({ ...where, job_id })).data.run_id).toBe(
      run_id,
    );
    const logs = await github().octokit.rest.actions.downloadWorkflowRunLogs({ ...where, run_id });
    if (!(logs.data instanceof ArrayBuffer)) throw new Error("the logs are no file");
    const zip = Buffer.from(logs.data).toString("latin1");
    expect(zip.startsWith("PK\x03\x04")).toBe(true);
    expect(zip).toContain("0_The job.txt");
    expect(zip).toContain("prod/k/false");
  });

  it("give their logs through a signed link, after they have ended", async () => {
    const run_id = await dispatch(github(), "slow.yml");
    const jobs = async () =>
      (await github().octokit.rest.actions.listJobsForWorkflowRun({ ...where, run_id })).data.jobs;
    const job_id = (await jobs())[0]?.id ?? 0;
    const path = `${github().github.url}/repos/${OWNER}/${REPO}/actions/jobs/${job_id}/logs`;
    const get = () => fetch(path, { redirect: "manual", headers: { authorization: `token ${TOKEN}` } });
    expect((await get()).status).toBe(404);
    await github().octokit.rest.actions.cancelWorkflowRun({ ...where, run_id });
    expect((await waitForRun(github(), run_id)).conclusion).toBe("cancelled");
    const answer = await get();
    expect(answer.status).toBe(302);
    const link = answer.headers.get("location") ?? "";
    expect((await fetch(link)).status).toBe(200);
    expect((await fetch(link.replace(/signature=./, "signature=x"))).status).toBe(403);
    expect((await fetch(link.replace(/until=\d+/, "until=99999999999999"))).status).toBe(403);
  });

  it("are cancelled with 202, and refuse it with 409 after they have ended", async () => {
    const run_id = await dispatch(github(), "slow.yml");
    await until(() => github().github.pids().length === 1);
    expect((await github().octokit.rest.actions.cancelWorkflowRun({ ...where, run_id })).status).toBe(202);
    expect(await waitForRun(github(), run_id)).toMatchObject({
      conclusion: "cancelled",
      steps: { "Run sleep 60": "cancelled" },
    });
    expect(github().github.pids()).toEqual([]);
    const message = "Cannot cancel a workflow run that is completed.";
    expect(await refusal(github().octokit.rest.actions.cancelWorkflowRun({ ...where, run_id }))).toEqual([
      409,
      message,
    ]);
    expect(await refusal(github().octokit.rest.actions.getWorkflowRun({ ...where, run_id: 1 }))).toEqual([
      404,
      "Not Found",
    ]);
  });

  it("have an HTML page, with every text escaped", async () => {
    const run_id = await dispatch(github(), "inputs.yml", { key: "</pre><script>", id: "<b>&" });
    await waitForRun(github(), run_id);
    const page = await fetch(`${github().github.url}/${OWNER}/${REPO}/actions/runs/${run_id}`);
    const html = await page.text();
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(html).toContain("<h1>Run &#60;b&#62;&#38;</h1>");
    expect(html).toContain("prod/&#60;/pre&#62;&#60;script&#62;/false");
    expect(html).not.toContain("<script>");
    expect((await fetch(`${github().github.url}/${OWNER}/${REPO}/actions/runs/1`)).status).toBe(404);
  });
});
