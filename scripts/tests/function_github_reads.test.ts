/**
 * What the function reads from the local GitHub and how it cancels a run there; responses are checked as in
 * function_hub.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HealthCheck, StartRequest } from "@backup/api.ts";
import { SCHEDULES } from "@backup/runs/schedules.ts";
import { cancelRun } from "../../supabase/functions/ops-backups/cancel_run.ts";
import { createRepository } from "../../supabase/functions/ops-backups/github_repository.ts";
import { readHealth } from "../../supabase/functions/ops-backups/health.ts";
import { RUN_PASS_HEADER } from "../../supabase/functions/ops-backups/run_pass.ts";
import { readStatus } from "../../supabase/functions/ops-backups/run_status.ts";
import { startRun } from "../../supabase/functions/ops-backups/start_run.ts";
import {
  ENVIRONMENT,
  exampleRun,
  MemoryDatabase,
  R2_KEY,
  REQUEST_ID,
} from "../../supabase/functions/ops-backups/test_fakes.ts";
import { answerWithPass } from "../../supabase/functions/ops-backups/with_pass.ts";
import { listWorkflowFiles, loadWorkflow } from "../dev/github/mod.ts";
import { OWNER, REPO, startTestGitHub, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";
import { fileURLToPath } from "node:url";
import { checkedFetch, configOf, connect, dependencies, dispatches, withSteps } from "./function_hub.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RESTORE: StartRequest = {
  action: "restore",
  target: "dev",
  r2_key: R2_KEY,
  confirm: null,
  request_id: REQUEST_ID,
};
const BACKUP: StartRequest = {
  action: "backup",
  target: "prod",
  mode: "full",
  label: null,
  request_id: REQUEST_ID,
};
const LONG_AGO = "2026-01-01T00:00:00Z";
const WHERE = { owner: OWNER, repo: REPO };
const NAMES = [
  "R2_ENDPOINT",
  "R2_ACCESS_KEY_ID",
  "R2_SECRET_ACCESS_KEY",
  "SUPABASE_DB_URL_PROD",
  "SUPABASE_DB_URL_DEV",
  "SUPABASE_DB_URL_VERIFY",
];
const VALUE = "the-value-of-a-secret";

let hub: TestGitHub;
let database: MemoryDatabase;

beforeEach(async () => {
  hub = await startTestGitHub({
    ...Object.fromEntries(
      await Promise.all(SCHEDULES.map(async ({ file }) => [file, await withSteps(file, "exit 1")])),
    ),
    "db-backup.yml": await withSteps("db-backup.yml", "sleep 30"),
    "db-restore-from-r2.yml": await withSteps("db-restore-from-r2.yml", "exit 1"),
  }, {
    secrets: Object.fromEntries(NAMES.map((name) => [name, VALUE])),
    otherTokens: { "ghp_runs": { actions: "write" } },
    tokenExpiries: {
      [TOKEN]: new Date(Date.now() + 86_400_000).toISOString().replace("T", " ").slice(0, 19) + " UTC",
    },
  });
  database = new MemoryDatabase();
});
afterEach(() => hub.stop());

const parts = () => dependencies(database, connect(hub));
const asked = { action: "status", request_id: REQUEST_ID } as const;

describe("readStatus", () => {
  it("returns the steps of an active run, then the one that failed", async () => {
    await startRun(RESTORE, parts());
    const deps = parts();
    await expect.poll(async () => (await readStatus(asked, deps)).github, { interval: 200 })
      .toMatchObject({ known: true, status: "completed", conclusion: "failure", failed_step: "Work" });
    const later = { ...deps, now: () => new Date(Date.now() + 60_000) };
    const { run } = await readStatus(asked, later);
    expect(run).toMatchObject({ status: "failed", error_code: "workflow_failed" });
    expect(run.error_message).toContain("Work");
  });

  it("settles a run that GitHub does not know as lost", async () => {
    database.rows.set(REQUEST_ID, exampleRun({ created_at: LONG_AGO, github_run_id: 999_999_999 }));
    const { run } = await readStatus(asked, parts());
    expect(run.status).toBe("lost");
  });
});

describe("cancelRun", () => {
  const conclusion = async () => {
    const { data } = await hub.octokit.actions.listWorkflowRunsForRepo(WHERE);
    return data.workflow_runs.map((run) => run.conclusion);
  };

  it("finds the run of a request by its name and cancels it at GitHub", async () => {
    hub.github.faults.dispatches.push({
      kind: "accepted-but",
      answer: { status: 502, content: { type: "text/html", data: "<html>" } },
    });
    await expect(startRun(BACKUP, parts())).rejects.toMatchObject({ code: "github_unclear" });
    const { run } = await cancelRun({ action: "cancel", request_id: REQUEST_ID }, parts());
    expect(run.status).toBe("cancelled");
    await expect.poll(conclusion).toEqual(["cancelled"]);
    expect(dispatches(hub)).toBe(1);
  });

  it("reads from GitHub that a run has ended", async () => {
    const { run: { github_run_id } } = await startRun(RESTORE, parts());
    await expect.poll(conclusion).toEqual(["failure"]);
    const dead = { kind: "restore", status: "running", phase: "load", heartbeat_at: LONG_AGO } as const;
    database.rows.set(REQUEST_ID, exampleRun({ ...dead, github_run_id }));
    await expect(cancelRun({ action: "cancel", request_id: REQUEST_ID }, parts())).rejects.toMatchObject({
      code: "not_cancellable",
      details: { why: "ended", status: "failed" },
    });
  });
});

describe("answerWithPass", () => {
  it("follows a run by GitHub alone and cancels it there", async () => {
    const { run_pass } = await startRun(BACKUP, parts());
    database.calls.length = 0;
    const ask = async (action: string) => {
      const body = JSON.stringify({ action, request_id: REQUEST_ID });
      const headers = { [RUN_PASS_HEADER]: run_pass?.token ?? "" };
      return await answerWithPass(
        new Request("https://x.example/", { method: "POST", body, headers }),
        parts(),
      );
    };
    await expect.poll(async () => (await ask("status")).github, { interval: 200 }).toMatchObject({
      known: true,
      status: "in_progress",
      steps: expect.arrayContaining([expect.objectContaining({ name: "Work", status: "in_progress" })]),
    });
    expect(await ask("cancel")).toMatchObject({
      cancel: "requested",
      github: { known: true, status: "completed", conclusion: "cancelled" },
    });
    expect(await ask("cancel")).toMatchObject({ cancel: "ended" });
    expect(database.calls).toEqual([]);
  });
});

async function health(changes: Record<string, string> = {}): Promise<Record<string, HealthCheck>> {
  const env: Record<string, string> = { ...ENVIRONMENT, SUPABASE_SECRET_KEYS: `{"default":"${VALUE}"}` };
  const { checks } = await readHealth({
    env: (name) => env[name],
    database,
    repository: createRepository(configOf(hub, changes), { fetch: checkedFetch, now: () => new Date() }),
    now: () => new Date(),
  });
  expect(JSON.stringify(checks)).not.toContain(VALUE);
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}

const statuses = (checks: Record<string, HealthCheck>) =>
  Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]));

describe("readHealth", () => {
  it("reads the token, its expiry, workflows, schedules and names of secrets", async () => {
    const files = SCHEDULES.map(({ file }) => file);
    const names = [
      "function_settings",
      "catalog",
      "github_token",
      ...files.map((file) => `workflow_${file}`),
      "workflow_db-restore-from-r2.yml",
      ...files.map((file) => `schedule_${file}`),
      "github_secrets",
    ];
    const fine = Object.fromEntries(names.map((name) => [name, "ok"]));
    expect(statuses(await health())).toEqual({ ...fine, github_token_expiry: "failed" }); // it expires tomorrow
  });

  it("reports what is disabled, what failed and what the token may not read", async () => {
    await hub.octokit.actions.disableWorkflow({ ...WHERE, workflow_id: "db-backup.yml" });
    await fetch(`${hub.github.url}/_local/schedule/db-backup-restore-drill.yml`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const drill = "schedule_db-backup-restore-drill.yml";
    await expect.poll(async () => (await health())[drill]?.status).toBe("failed");
    const checks = await health({ GITHUB_TOKEN: "ghp_runs" });
    expect(checks["workflow_db-backup.yml"]).toMatchObject({
      status: "failed",
      facts: { state: "disabled_manually" },
    });
    expect(checks[drill]?.facts).toMatchObject({ conclusion: "failure" });
    expect([checks.github_secrets?.status, checks.github_token_expiry?.status]).toEqual([
      "unknown",
      "unknown",
    ]);
  });

  it("reports a token that GitHub refuses, and the checks that depend on it as unknown", async () => {
    const { github_token, function_settings, catalog, ...rest } = statuses(
      await health({ GITHUB_TOKEN: "ghp_wrong" }),
    );
    expect([function_settings, catalog, github_token]).toEqual(["ok", "ok", "failed"]);
    expect(new Set(Object.values(rest))).toEqual(new Set(["unknown"]));
  });
});

it("expects the schedules of the product's workflow files", async () => {
  const scheduled: { file: string; cron: string }[] = [];
  const files = (await listWorkflowFiles(ROOT)).filter((file) => file.startsWith("db-"));
  for (const file of files) {
    // second ones are skipped by default
    const [first] = (await loadWorkflow(ROOT, file)).on.schedule ?? [];
    if (first !== undefined) scheduled.push({ file, cron: first.cron });
  }
  const known = [...SCHEDULES].sort((a, b) => a.file < b.file ? -1 : 1);
  expect(scheduled.sort((a, b) => a.file < b.file ? -1 : 1)).toEqual(known);
});
