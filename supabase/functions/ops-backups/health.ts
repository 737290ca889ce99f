/** `health`: reads what backups need from GitHub and the catalog; each answer, or its absence, is a check. */
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
import { readCors } from "./cors.ts";
import { type EnvName, type ReadEnv, readServiceAccess, readVaultAccess } from "./env.ts";
import { catalogCheck, settingsCheck } from "./health_checks.ts";
import { WORKFLOWS } from "./github.ts";
import type { CallerDatabase } from "./ports.ts";

export interface HealthDependencies {
  env: ReadEnv;
  database: Pick<CallerDatabase, "listReports">;
  repository: Repository;
  now: () => Date;
}

/** Settings that are recommended but not required. */
const OPTIONAL: readonly EnvName[] = ["GITHUB_DEFAULT_REF", "GITHUB_API_URL", "SITE_URL", "CLIENT_HEADERS"];
const FILES = [...SCHEDULES.map(({ file }) => file), WORKFLOWS.restore];

/** A source that does not answer does not fail the call: it is a check. */
export async function readHealth(deps: HealthDependencies): Promise<HealthAnswer> {
  const { repository, now } = deps;
  const [expiry, workflows, secrets, reports, ...scheduled] = await Promise.all([
    read(() => repository.readTokenExpiry()),
    read(() => repository.listWorkflows()),
    read(() => repository.listSecretNames()),
    read(() => deps.database.listReports()),
    ...SCHEDULES.map(({ file }) => read(() => repository.lastScheduledRun(file))),
  ]);
  const checks: HealthCheck[] = [
    settingsCheck({
      hasAuditKey: readServiceAccess(deps.env) !== null,
      cors: readCors(deps.env),
      faultyDownload: readVaultAccess(deps.env).faulty,
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

/** The answer or the code of a known failure. @throws what is not a known failure */
async function read<T>(query: () => Promise<T>): Promise<Result<T, FailureCode>> {
  try {
    return { ok: true, value: await query() };
  } catch (thrown) {
    if (!(thrown instanceof BackupError)) throw thrown;
    return { ok: false, code: toBackupError(thrown).code };
  }
}
