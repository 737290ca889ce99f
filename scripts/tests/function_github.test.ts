/** What the function starts at the local GitHub, with the inputs of the real workflow files, and its refusals. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StartRequest } from "@backup/api.ts";
import type { ErrorCode } from "@backup/messages.ts";
import type { GitHub } from "../../supabase/functions/ops-backups/ports.ts";
import { readStatus } from "../../supabase/functions/ops-backups/run_status.ts";
import { startRun } from "../../supabase/functions/ops-backups/start_run.ts";
import { MemoryDatabase, R2_KEY, REQUEST_ID } from "../../supabase/functions/ops-backups/test_fakes.ts";
import type { DispatchFault } from "../dev/github/mod.ts";
import { OWNER, REPO, startTestGitHub, type TestGitHub } from "../dev/github/test_github.ts";
import { connect, dependencies, dispatches, withSteps } from "./function_hub.ts";

const BACKUP = {
  action: "backup",
  target: "prod",
  mode: "full",
  label: "antes",
  request_id: REQUEST_ID,
} as const;
const WHERE = { owner: OWNER, repo: REPO };

let hub: TestGitHub;
let database: MemoryDatabase;

beforeEach(async () => {
  hub = await startHub();
  database = new MemoryDatabase();
});
afterEach(() => hub.stop());

async function startHub(): Promise<TestGitHub> {
  return await startTestGitHub({
    "db-backup.yml": await withSteps("db-backup.yml", "sleep 30"),
    "db-restore-from-r2.yml": await withSteps("db-restore-from-r2.yml", "sleep 30"),
    "db-backup-restore-drill.yml": await withSteps("db-backup-restore-drill.yml", "sleep 30"),
  }, { otherTokens: { "ghp_read": "read" } });
}

const start = (github: GitHub = connect(hub)) => startRun(BACKUP, dependencies(database, github));

describe("startRun", () => {
  const others: StartRequest[] = [
    { ...BACKUP, reason: "troca de versão" },
    { action: "restore", target: "dev", r2_key: R2_KEY, confirm: null, request_id: REQUEST_ID },
    {
      action: "restore",
      target: "prod",
      r2_key: R2_KEY,
      confirm: "RESTORE_PROD",
      request_id: REQUEST_ID,
      plan_request_id: crypto.randomUUID(),
      reason: "migração ruim",
    },
    { action: "plan", target: "prod", r2_key: R2_KEY, request_id: REQUEST_ID },
    { action: "drill", target: "prod", request_id: REQUEST_ID, reason: "sexta-feira" },
  ];

  it.each(others)(
    "$action of $target is accepted by the real workflow's inputs, with its request id",
    async (asked) => {
      const started = await startRun(asked, dependencies(database, connect(hub)));
      expect(started.kind).toBe(asked.action);
      expect(started.run_url).toMatch(new RegExp(`^${hub.github.url}/${OWNER}/${REPO}/actions/runs/\\d+$`));
      expect((await fetch(started.run_url ?? "")).status).toBe(200);
      const run_id = started.run.github_run_id ?? 0;
      const { data } = await hub.octokit.actions.getWorkflowRun({ ...WHERE, run_id });
      expect(data.display_title).toContain(REQUEST_ID);
      expect(dispatches(hub)).toBe(1);
    },
  );

  it("keeps a run unknown after a 5xx that followed acceptance; reading its status settles it", async () => {
    hub.github.faults.dispatches.push({
      kind: "accepted-but",
      answer: { status: 502, content: { type: "text/html", data: "<html>" }, headers: {} },
    });
    await expect(start()).rejects.toMatchObject({ code: "github_unclear" });
    expect(database.rows.get(REQUEST_ID)?.status).toBe("unknown");
    const asked = { action: "status", request_id: REQUEST_ID } as const;
    const { run } = await readStatus(asked, dependencies(database, connect(hub)));
    expect(run.github_run_id).toBeGreaterThan(0);
    expect(dispatches(hub)).toBe(1);
  });

  // both wait for ten seconds, so they run concurrently
  it("finds a run that becomes visible after 8 s, and times out without a reply", async () => {
    const silent = await startHub();
    hub.github.faults.dispatches.push({ kind: "no-details" });
    hub.github.faults.runsVisibleAfterMs = 8000;
    silent.github.faults.dispatches.push({ kind: "silence", accept: true });
    try {
      const [started] = await Promise.all([
        start(),
        expect(startRun(BACKUP, dependencies(new MemoryDatabase(), connect(silent)))).rejects.toMatchObject({
          code: "github_unclear",
        }),
      ]);
      expect(started.run_url).toContain("/actions/runs/");
      expect([dispatches(hub), dispatches(silent)]).toEqual([1, 1]);
    } finally {
      await silent.stop();
    }
  }, 30_000);
});

function refused(status: number, message: string, headers?: Record<string, string>): DispatchFault {
  const body = { message, documentation_url: "https://docs.github.com/rest", status: String(status) };
  return { kind: "answer", answer: { status, body, headers } };
}

const inAMinute = () => String(Math.ceil(Date.now() / 1000) + 60);
const refusals: [string, Record<string, string>, (() => DispatchFault) | null, ErrorCode, number?][] = [
  ["a wrong token", { GITHUB_TOKEN: "ghp_wrong" }, null, "github_bad_token"],
  ["a token that may only read", { GITHUB_TOKEN: "ghp_read" }, null, "github_forbidden"],
  ["another repository", { GITHUB_REPO: `${OWNER}/other` }, null, "github_not_found"],
  ["a missing branch", { GITHUB_DEFAULT_REF: "nowhere" }, null, "github_ref_not_found"],
  [
    "a rate limit with its wait",
    {},
    () => refused(403, "You have exceeded a secondary rate limit", { "retry-after": "30" }),
    "github_rate_limited",
    30,
  ],
  [
    "a rate limit with its end",
    {},
    () =>
      refused(403, "API rate limit exceeded", {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": inAMinute(),
      }),
    "github_rate_limited",
    60,
  ],
  ["too many requests", {}, () => refused(429, "Too many requests"), "github_rate_limited", 60],
  ["an inner error", {}, () => refused(500, "Server Error"), "github_unclear"],
  ["a gateway's error", {}, () => refused(503, "Service Unavailable"), "github_unclear"],
];

describe("a refusal of the local GitHub", () => {
  it.each(refusals)("%s", async (_what, env, fault, code, wait) => {
    if (fault !== null) hub.github.faults.dispatches.push(fault());
    const failure = await start(connect(hub, env)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, answer: { details: { request_id: REQUEST_ID } } });
    if (wait !== undefined) {
      const { answer } = Object(failure);
      expect(Math.abs(answer.retryAfter - wait)).toBeLessThan(3);
      expect(answer.sentence).toContain(`${answer.retryAfter} s`);
    }
    expect(dispatches(hub)).toBe(1);
    const { data } = await hub.octokit.actions.listWorkflowRunsForRepo(WHERE);
    expect(data.total_count).toBe(0);
    expect(database.rows.get(REQUEST_ID)?.status).toBe(code === "github_unclear" ? "unknown" : "failed");
  });

  it("a disabled workflow", async () => {
    await hub.octokit.actions.disableWorkflow({ ...WHERE, workflow_id: "db-backup.yml" });
    await expect(start()).rejects.toMatchObject({ code: "github_workflow_disabled" });
  });

  it("a missing workflow", async () => {
    await expect(connect(hub).dispatch("prune", {})).rejects.toMatchObject({ code: "github_not_found" });
  });

  it.each(
    [
      ["an input that the workflow does not know", "backup", { target: "prod", force: "yes" }],
      ["an input that is missing", "restore", { target: "dev" }],
      ["an input of another form", "backup", { target: "staging" }],
    ] as const,
  )("%s", async (_what, kind, inputs) => {
    await expect(connect(hub).dispatch(kind, inputs)).rejects.toMatchObject({
      code: "github_unexpected_input",
    });
  });
});
