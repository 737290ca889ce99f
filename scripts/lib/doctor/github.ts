/** The repository with the workflows: token, workflows, schedules, names of secrets. The function's health has the same checks. */
import { type Result } from "@backup/result.ts";
import {
  scheduleCheck,
  secretsCheck,
  tokenCheck,
  tokenExpiryCheck,
  workflowCheck,
} from "@backup/github/checks.ts";
import type { RepositoryReader, ScheduledRun, WorkflowFact } from "@backup/github/facts.ts";
import { SCHEDULES } from "@backup/runs/schedules.ts";
import { WATCHED_WORKFLOWS } from "@backup/watch/workflows.ts";
import { readerOf } from "../alerts/github.ts";
import { check, type DoctorCheck, notChecked } from "./check.ts";
import { type Limit, withinLimit } from "./within_limit.ts";
import type { DoctorSettings } from "./settings.ts";

/** Without the doctor's own schedule: its last result does not count today, and the watchdog reports a missing run. */
const CHECKED_SCHEDULES = SCHEDULES.filter(({ file }) => file !== "db-backup-doctor.yml");

interface GitHubFacts {
  expiry: Result<Date | null>;
  workflows: Result<WorkflowFact[]>;
  secrets: Result<string[]>;
  /** The last run of each of {@link CHECKED_SCHEDULES}. */
  scheduled: Result<ScheduledRun | null>[];
}

export async function gitHubChecks(
  github: DoctorSettings["github"],
  limit: Limit,
  now: Date,
): Promise<DoctorCheck[]> {
  if (github === null) {
    const because = "faltam GITHUB_TOKEN (ou FUNCTION_GITHUB_TOKEN) e GITHUB_REPOSITORY";
    return [
      check(
        "github",
        "github_token",
        notChecked(because, "Dê-os ao diagnóstico para que ele olhe o GitHub."),
      ),
    ];
  }
  const facts = await readGitHub(readerOf(github.repository), limit);
  const all = [
    tokenCheck(facts.expiry),
    // a token of a job expires with the job: its expiry is not checked
    ...github.isFunctionsToken ? [tokenExpiryCheck(facts.expiry, now)] : [],
    ...WATCHED_WORKFLOWS.map(({ file }) => workflowCheck(file, facts.workflows)),
    ...CHECKED_SCHEDULES.map((schedule, i) =>
      scheduleCheck({ ...schedule, run: facts.scheduled[i] ?? NOT_READ, workflows: facts.workflows, now })
    ),
    secretsCheck(facts.secrets),
  ];
  return all.map(({ name, ...verdict }) => check("github", name, verdict));
}

const NOT_READ = { ok: false, code: "github_error" } as const;

async function readGitHub(reader: RepositoryReader, limit: Limit): Promise<GitHubFacts> {
  const [expiry, workflows, secrets, ...scheduled] = await Promise.all([
    withinLimit(limit, () => reader.readTokenExpiry()),
    withinLimit(limit, () => reader.listWorkflows()),
    withinLimit(limit, () => reader.listSecretNames()),
    ...CHECKED_SCHEDULES.map(({ file }) => withinLimit(limit, () => reader.lastScheduledRun(file))),
  ]);
  return { expiry, workflows, secrets, scheduled };
}
