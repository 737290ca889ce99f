/** `health`: asks what backups need of GitHub and of the catalog; each answer, or the lack of one, is a check. */
import type { HealthAnswer, HealthCheck, Report } from "@backup/api.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { type FailureCode, type Result } from "@backup/result.ts";
import {
  scheduleCheck,
  secretsCheck,
  tokenCheck,
  tokenExpiryCheck,
  workflowCheck,
} from "@backup/github/checks.ts";
import type { Repository } from "@backup/github/facts.ts";
import { SCHEDULES } from "@backup/runs/schedules.ts";
import { type EnvName, readAllowedOrigins, type ReadEnv, readServiceAccess } from "./env.ts";
import { catalogCheck, settingsCheck } from "./health_checks.ts";
import { WORKFLOWS } from "./github.ts";
import type { CallerDatabase } from "./ports.ts";

export interface HealthDependencies {
  env: ReadEnv;
  database: Pick<CallerDatabase, "listReports">;
  repository: Repository;
  now: () => Date;
}

/** Settings that the function works without, but not well. */
const OPTIONAL: readonly EnvName[] = ["GITHUB_DEFAULT_REF", "GITHUB_API_URL", "SITE_URL"];
const FILES = [...SCHEDULES.map(({ file }) => file), WORKFLOWS.restore];

/** Never fails because of what it asks: what does not answer is a check of its own. */
export async function readHealth(deps: HealthDependencies): Promise<HealthAnswer> {
  const { repository, now } = deps;
  const [expiry, workflows, secrets, reports, ...scheduled] = await Promise.all([
    look(() => repository.readTokenExpiry()),
    look(() => repository.listWorkflows()),
    look(() => repository.listSecretNames()),
    look(() => deps.database.listReports()),
    ...SCHEDULES.map(({ file }) => look(() => repository.lastScheduledRun(file))),
  ]);
  const checks: HealthCheck[] = [
    settingsCheck({
      hasAuditKey: readServiceAccess(deps.env) !== null,
      origins: readAllowedOrigins(deps.env).length,
      optional: OPTIONAL.filter((name) => deps.env(name)?.trim()),
    }),
    catalogCheck(reports),
    tokenCheck(expiry),
    tokenExpiryCheck(expiry, now()),
    ...FILES.map((file) => workflowCheck(file, workflows)),
    ...SCHEDULES.map((schedule, i) =>
      scheduleCheck({ ...schedule, run: scheduled[i] ?? NOT_ASKED, workflows, now: now() })
    ),
    secretsCheck(secrets),
  ];
  return { ok: true, kind: "health", checks, reports: reportsOf(reports) };
}

const NOT_ASKED = { ok: false, code: "github_error" } as const;

function reportsOf(reports: Result<Report[], FailureCode>): Report[] {
  return reports.ok ? reports.value : [];
}

/** The answer, or the code of what came instead. A fault of our own stays a fault. */
async function look<T>(ask: () => Promise<T>): Promise<Result<T, FailureCode>> {
  try {
    return { ok: true, value: await ask() };
  } catch (thrown) {
    if (!(thrown instanceof BackupError)) throw thrown;
    return { ok: false, code: toBackupError(thrown).code };
  }
}
