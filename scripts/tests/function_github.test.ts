/** The function's GitHub side against the local GitHub, with the heads of the real workflow files. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../supabase/functions/_shared/backup/messages.ts";
import { readConfig } from "../../supabase/functions/ops-backups/env.ts";
import { createGitHub } from "../../supabase/functions/ops-backups/github.ts";
import type { GitHub } from "../../supabase/functions/ops-backups/ports.ts";
import { readStatus } from "../../supabase/functions/ops-backups/run_status.ts";
import { startRun } from "../../supabase/functions/ops-backups/start_run.ts";
import {
  ENVIRONMENT,
  exampleRun,
  MemoryDatabase,
  R2_KEY,
  REQUEST_ID,
} from "../../supabase/functions/ops-backups/test_fakes.ts";
import { OWNER, REPO, startTestGitHub, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";
import type { DispatchFault } from "../dev/github/faults.ts";

const BACKUP = {
  action: "backup",
  target: "prod",
  mode: "full",
  label: "antes",
  request_id: REQUEST_ID,
} as const;
const RESTORE = {
  action: "restore",
  target: "dev",
  r2_key: R2_KEY,
  confirm: null,
  request_id: REQUEST_ID,
} as const;
const LONG_AGO = "2026-01-01T00:00:00Z";

let hub: TestGitHub;
let database: MemoryDatabase;

beforeEach(async () => {
  hub = await startTestGitHub({
    "db-backup.yml": await withSteps("db-backup.yml", "sleep 30"),
    "db-restore-from-r2.yml": await withSteps("db-restore-from-r2.yml", "exit 1"),
  }, { otherTokens: { "ghp_read": "read" } });
  database = new MemoryDatabase();
});
afterEach(() => hub.stop());

/** The real file up to its jobs: name, inputs, run-name, concurrency; then one job of one step. */
async function withSteps(file: string, command: string): Promise<string> {
  const text = await readFile(new URL(`../../.github/workflows/${file}`, import.meta.url), "utf8");
  const head = text.slice(0, text.indexOf("\njobs:\n"));
  return `${head}\njobs:\n  work:\n    runs-on: ubuntu-24.04\n    steps:\n      - name: Work\n        run: ${command}\n`;
}

function connect(changes: Record<string, string> = {}): GitHub {
  const env: Record<string, string> = {
    ...ENVIRONMENT,
    GITHUB_API_URL: hub.github.url,
    GITHUB_REPO: `${OWNER}/${REPO}`,
    GITHUB_TOKEN: TOKEN,
    ...changes,
  };
  return createGitHub(readConfig((name) => env[name]), { fetch, now: () => new Date() });
}

function dependencies(github: GitHub = connect()) {
  return {
    database,
    github,
    newId: () => crypto.randomUUID(),
    now: () => new Date(),
    sleep: (ms: number) => sleep(ms),
  };
}

function dispatches(): number {
  return hub.github.journal.filter(({ path }) => path.endsWith("/dispatches")).length;
}

describe("startRun", () => {
  it("is accepted by the real workflows' inputs and answers the run's own page", async () => {
    const started = await startRun({ ...BACKUP, reason: "troca de versão" }, dependencies());
    expect(started.run_url).toMatch(new RegExp(`^${hub.github.url}/${OWNER}/${REPO}/actions/runs/\\d+$`));
    expect((await fetch(started.run_url ?? "")).status).toBe(200);
    const { data } = await hub.octokit.actions.getWorkflowRun({
      owner: OWNER,
      repo: REPO,
      run_id: started.run.github_run_id ?? 0,
    });
    expect(data.display_title).toContain(REQUEST_ID);
  });

  it("starts a restore", async () => {
    const started = await startRun(RESTORE, dependencies());
    expect(started.kind).toBe("restore");
    expect(dispatches()).toBe(1);
  });

  it("finds the run by its name when the answer is 204 and the run shows itself late", async () => {
    hub.github.faults.dispatches.push({ kind: "no-details" });
    hub.github.faults.runsVisibleAfterMs = 2000;
    const started = await startRun(BACKUP, dependencies());
    expect(started.run_url).toContain("/actions/runs/");
    expect(dispatches()).toBe(1);
  });

  it("keeps a run unknown after a 5xx that followed acceptance; looking at it settles the doubt", async () => {
    hub.github.faults.dispatches.push({
      kind: "accepted-but",
      answer: { status: 502, content: { type: "text/html", data: "<html>" }, headers: {} },
    });
    await expect(startRun(BACKUP, dependencies())).rejects.toMatchObject({ code: "github_unclear" });
    expect(database.rows.get(REQUEST_ID)?.status).toBe("unknown");
    const { run } = await readStatus({ action: "status", request_id: REQUEST_ID }, dependencies());
    expect(run.github_run_id).toBeGreaterThan(0);
    expect(dispatches()).toBe(1);
  });

  it("gives up on an answer that never comes, without asking again", async () => {
    hub.github.faults.dispatches.push({ kind: "silence", accept: true });
    await expect(startRun(BACKUP, dependencies())).rejects.toMatchObject({ code: "github_unclear" });
    expect(dispatches()).toBe(1);
  }, 15_000);
});

function refused(status: number, message: string, headers?: Record<string, string>): DispatchFault {
  return { kind: "answer", answer: { status, body: { message }, headers } };
}

const refusals: [string, Record<string, string>, DispatchFault | null, ErrorCode][] = [
  ["a wrong token", { GITHUB_TOKEN: "ghp_wrong" }, null, "github_bad_token"],
  ["a token that may only read", { GITHUB_TOKEN: "ghp_read" }, null, "github_forbidden"],
  ["another repository", { GITHUB_REPO: `${OWNER}/other` }, null, "github_not_found"],
  ["a missing branch", { GITHUB_DEFAULT_REF: "nowhere" }, null, "github_ref_not_found"],
  [
    "a rate limit",
    {},
    refused(403, "API rate limit exceeded", { "retry-after": "30" }),
    "github_rate_limited",
  ],
  ["an inner error", {}, refused(500, "Server Error"), "github_unclear"],
];

describe("a refusal of the local GitHub", () => {
  it.each(refusals)("%s", async (_what, env, fault, code) => {
    if (fault !== null) hub.github.faults.dispatches.push(fault);
    await expect(startRun(BACKUP, dependencies(connect(env)))).rejects.toMatchObject({ code });
    expect(dispatches()).toBe(1);
    const { data } = await hub.octokit.actions.listWorkflowRunsForRepo({ owner: OWNER, repo: REPO });
    expect(data.total_count).toBe(0);
  });

  it("a disabled workflow", async () => {
    await hub.octokit.actions.disableWorkflow({ owner: OWNER, repo: REPO, workflow_id: "db-backup.yml" });
    await expect(startRun(BACKUP, dependencies())).rejects.toMatchObject({
      code: "github_workflow_disabled",
    });
  });

  it("an input that the workflow does not know", async () => {
    const dispatched = connect().dispatch("backup", { target: "prod", force: "yes" });
    await expect(dispatched).rejects.toMatchObject({ code: "github_unexpected_input" });
  });
});

describe("readStatus", () => {
  it("shows the steps of a live run, then names the one that failed", async () => {
    await startRun(RESTORE, dependencies());
    const deps = dependencies();
    await expect.poll(async () => {
      const { github } = await readStatus({ action: "status", request_id: REQUEST_ID }, deps);
      return github;
    }, { timeout: 10_000, interval: 200 }).toMatchObject({
      known: true,
      status: "completed",
      conclusion: "failure",
      failed_step: "Work",
    });
    const later = { ...deps, now: () => new Date(Date.now() + 60_000) };
    const { run } = await readStatus({ action: "status", request_id: REQUEST_ID }, later);
    expect(run).toMatchObject({ status: "failed", error_code: "workflow_failed" });
    expect(run.error_message).toContain("Work");
  });

  it("gives up a run that GitHub does not know", async () => {
    database.rows.set(REQUEST_ID, exampleRun({ created_at: LONG_AGO, github_run_id: 999_999_999 }));
    const { run } = await readStatus({ action: "status", request_id: REQUEST_ID }, dependencies());
    expect(run.status).toBe("lost");
  });
});
