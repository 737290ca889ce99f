/** The repository whose workflows do the work: token, workflows, schedules, names of secrets. In the words of the function's health. */
import { type Result } from "@backup/result.ts";
import {
  scheduleCheck,
  secretsCheck,
  tokenCheck,
  tokenExpiryCheck,
  workflowCheck,
} from "@backup/github/checks.ts";
import { RepositoryReader, type ScheduledRun, type WorkflowFact } from "@backup/github/facts.ts";
import { SCHEDULES } from "@backup/runs/schedules.ts";
import { WATCHED_WORKFLOWS } from "@backup/watch/workflows.ts";
import { callGitHub, type GitHubRepository } from "../alerts/github.ts";
import { check, type DoctorCheck, notSeen } from "./check.ts";
import { type Limit, look } from "./look.ts";
import type { Settings } from "./settings.ts";

/** How the doctor's own last run ended is no fault of today's, and that it did not run is the watchdog's to say. */
const JUDGED = SCHEDULES.filter(({ file }) => file !== "db-backup-doctor.yml");

interface GitHubFacts {
  expiry: Result<Date | null>;
  workflows: Result<WorkflowFact[]>;
  secrets: Result<string[]>;
  /** Of each schedule that is judged, in their order. */
  scheduled: Result<ScheduledRun | null>[];
}

export async function gitHubChecks(
  github: Settings["github"],
  limit: Limit,
  now: Date,
): Promise<DoctorCheck[]> {
  if (github === null) {
    const because = "faltam GITHUB_TOKEN (ou FUNCTION_GITHUB_TOKEN) e GITHUB_REPOSITORY";
    return [
      check("github", "github_token", notSeen(because, "Dê-os ao diagnóstico para que ele olhe o GitHub.")),
    ];
  }
  const facts = await readGitHub(readerOf(github.repository), limit);
  const all = [
    tokenCheck(facts.expiry),
    // the token of a job ends with the job, and tells nothing of it
    ...github.isFunctionsToken ? [tokenExpiryCheck(facts.expiry, now)] : [],
    ...WATCHED_WORKFLOWS.map(({ file }) => workflowCheck(file, facts.workflows)),
    ...JUDGED.map((schedule, i) =>
      scheduleCheck({ ...schedule, run: facts.scheduled[i] ?? NOT_ASKED, workflows: facts.workflows, now })
    ),
    secretsCheck(facts.secrets),
  ];
  return all.map(({ name, ...verdict }) => check("github", name, verdict));
}

const NOT_ASKED = { ok: false, code: "github_error" } as const;

async function readGitHub(reader: RepositoryReader, limit: Limit): Promise<GitHubFacts> {
  const [expiry, workflows, secrets, ...scheduled] = await Promise.all([
    look(limit, () => reader.readTokenExpiry()),
    look(limit, () => reader.listWorkflows()),
    look(limit, () => reader.listSecretNames()),
    ...JUDGED.map(({ file }) => look(limit, () => reader.lastScheduledRun(file))),
  ]);
  return { expiry, workflows, secrets, scheduled };
}

function readerOf({ octokit, where }: GitHubRepository): RepositoryReader {
  return new RepositoryReader((route, parameters) => {
    const [method, path = ""] = route.split(" ");
    return callGitHub(
      `Cannot read ${path || "the repository"}`,
      () => octokit.request(`${method} /repos/{owner}/{repo}${path}`, { ...where, ...parameters }),
    );
  });
}
