/** Bodies of the REST API for workflows, runs and jobs: GitHub's fields under GitHub's names. */
import type { JobRecord, Progress, RunRecord, StepRecord, WorkflowRecord } from "../store.ts";
import { workflowPath } from "../workflow/load.ts";
import { api, minimalRepositoryBody, nodeId, type Site, userBody } from "./repository.ts";

/** @param name of the workflow, from its file. */
export function workflowBody(site: Site, workflow: WorkflowRecord, name: string) {
  const path = workflowPath(workflow.file);
  return {
    id: workflow.id,
    node_id: nodeId("Workflow", workflow.id),
    name,
    path,
    state: workflow.enabled ? "active" : "disabled_manually",
    created_at: workflow.createdAt.toISOString(),
    updated_at: workflow.updatedAt.toISOString(),
    url: `${api(site)}/actions/workflows/${workflow.id}`,
    html_url: `${site.url}/${site.repository}/blob/${site.branch}/${path}`,
    badge_url: `${site.url}/${site.repository}/workflows/${encodeURIComponent(name)}/badge.svg`,
  };
}

/** Address of a run's page. */
export function runPage(site: Site, id: number): string {
  return `${site.url}/${site.repository}/actions/runs/${id}`;
}

/** Address of a run in the API. */
export function runApi(site: Site, id: number): string {
  return `${api(site)}/actions/runs/${id}`;
}

export function runBody(site: Site, run: RunRecord) {
  const url = runApi(site, run.id);
  const user = userBody(site);
  return {
    id: run.id,
    name: run.workflowName,
    node_id: nodeId("WorkflowRun", run.id),
    head_branch: run.branch,
    head_sha: run.headSha,
    path: workflowPath(run.workflow.file),
    display_title: run.title,
    run_number: run.number,
    run_attempt: 1,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: run.workflow.id,
    check_suite_id: run.id,
    check_suite_node_id: nodeId("CheckSuite", run.id),
    url,
    html_url: runPage(site, run.id),
    pull_requests: [],
    created_at: run.createdAt.toISOString(),
    updated_at: run.updatedAt.toISOString(),
    run_started_at: run.createdAt.toISOString(),
    actor: user,
    triggering_actor: user,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api(site)}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${api(site)}/actions/workflows/${run.workflow.id}`,
    head_commit: {
      id: run.headSha,
      tree_id: run.headSha,
      message: "",
      timestamp: run.createdAt.toISOString(),
      author: null,
      committer: null,
    },
    repository: minimalRepositoryBody(site),
    head_repository: minimalRepositoryBody(site),
  };
}

export function jobBody(site: Site, run: RunRecord, job: JobRecord) {
  return {
    id: job.id,
    run_id: run.id,
    run_url: runApi(site, run.id),
    run_attempt: 1,
    node_id: nodeId("CheckRun", job.id),
    head_sha: run.headSha,
    head_branch: run.branch,
    url: `${api(site)}/actions/jobs/${job.id}`,
    html_url: `${runPage(site, run.id)}/job/${job.id}`,
    check_run_url: `${api(site)}/check-runs/${job.id}`,
    ...progressBody(job),
    created_at: job.createdAt.toISOString(),
    started_at: (job.startedAt ?? job.createdAt).toISOString(),
    name: job.name,
    workflow_name: run.workflowName,
    labels: job.labels,
    runner_id: job.startedAt === null ? null : 1,
    runner_name: job.startedAt === null ? null : "local",
    runner_group_id: job.startedAt === null ? null : 1,
    runner_group_name: job.startedAt === null ? null : "Default",
    steps: job.steps.map(stepBody),
  };
}

function stepBody(step: StepRecord) {
  return { number: step.number, name: step.name, ...progressBody(step) };
}

function progressBody({ status, conclusion, startedAt, completedAt }: Progress) {
  return {
    status,
    conclusion,
    started_at: startedAt?.toISOString() ?? null,
    completed_at: completedAt?.toISOString() ?? null,
  };
}

export function rateLimitBody() {
  const rate = { limit: 5_000, used: 0, remaining: 5_000, reset: Math.ceil(Date.now() / 1_000) + 3_600 };
  return { resources: { core: rate, search: { ...rate, limit: 30, remaining: 30 } }, rate };
}
