/** The interfaces that the function needs of the database and of GitHub. */
import type { Dispatched, GitHubStep, Report } from "@backup/api.ts";
import type { Sealed } from "@backup/look/seal.ts";
import type { ErrorCode } from "@backup/messages.ts";
import type { Mode, Target } from "@backup/target.ts";
import type { Run, RunKind, RunStatus } from "@backup/runs/run.ts";

/** What the function dispatches: a look is no run of the catalog. */
export type DispatchedKind = RunKind | "look";

/** Kinds of run that the function starts. */
export type StartedKind = Dispatched["kind"];

/** The row of a requested run. */
export interface RunOrder {
  kind: StartedKind;
  target: Target;
  mode: Mode | null;
  label: string | null;
  r2Key: string | null;
  reason: string | null;
  requestId: string;
  /** Of a restore: the plan that the requester confirmed. */
  planRequestId: string | null;
  /** Of a restore: what else was chosen, which an approval is bound to. */
  options: { confirm_source?: string; allow_unsigned?: string; end_sessions?: true };
}

/** How a run is settled, for the history. */
export interface RunEnd {
  status: Extract<RunStatus, "failed" | "cancelled" | "lost">;
  errorCode: ErrorCode;
  errorMessage: string;
}

/** A signed-in user, from the verified token. */
export interface Caller {
  id: string;
  email: string | null;
}

/** Rights of Revo's module `ops`; not every ERP defines `restore`. */
export type OpsRight = "view" | "manage" | "restore";

/** The database for one caller: every call carries the caller's own token, the database decides. */
export interface CallerDatabase {
  /**
   * Verifies that the token is a signed-in user's.
   * @throws {BackupError} `invalid_token`; `catalog_unavailable` when the auth server did not answer.
   */
  authenticate(): Promise<Caller>;
  /** @throws {BackupError} `perm_check_failed` when the database gives no clear answer. */
  mayOps(action: OpsRight): Promise<boolean>;
  /**
   * Whether the database lets the caller decide what becomes of a run: a right to act, and of an operator.
   * @throws {BackupError} `perm_check_failed` when the database gives no clear answer.
   */
  mayAct(): Promise<boolean>;
  /** The caller's active company, `null` for none. @throws {BackupError} `perm_check_failed` */
  currentEmpresa(): Promise<string | null>;
  /**
   * Takes the target's lock (backup, restore) and writes the `queued` row; for a known id returns the existing row.
   * @throws {BackupError} `busy`, `request_id_reused`, `plan_required`, `forbidden`, `empresa_not_selected`,
   * `approval_required` while the restore waits for a second user, …
   */
  requestRun(order: RunOrder): Promise<{ created: boolean; run: Run }>;
  /** GitHub accepted; `null`s until it shows the run. Returns the current row. */
  markDispatched(requestId: string, githubRunId: number | null, runUrl: string | null): Promise<Run>;
  /** GitHub refused, or (`unclear`) gave no clear answer. */
  markNotDispatched(requestId: string, code: ErrorCode, message: string, unclear: boolean): Promise<void>;
  /** Ends a run whose script did not. One that has ended, or whose script is alive, stays as it is. */
  settleRun(requestId: string, end: RunEnd): Promise<Run>;
  /** One run, `null` when the history has none of this id. */
  findRun(requestId: string): Promise<Run | null>;
  /**
   * Records in the audit that the caller downloads the backup, and why.
   * @throws {BackupError} `no_backup_found`, `forbidden`, `not_operator`, `second_factor_required`, `reason_required`
   */
  recordDownload(r2Key: string, reason: string): Promise<StoredPlace>;
  /**
   * Keeps a sealed request for the job; the same one again is not created again.
   * @throws {BackupError} as {@link recordDownload}; `look_too_many`, `request_id_reused`
   */
  requestLook(look: KeptLook): Promise<{ created: boolean; expiresAt: string }>;
  /** The caller's own look; an answer or an error code is given once. @throws {BackupError} `look_expired` */
  takeLookAnswer(requestId: string): Promise<LookResult>;
  /** Deletes the caller's own look; whether there was one. */
  withdrawLook(requestId: string): Promise<boolean>;
  /** The last report of each unattended command. */
  listReports(): Promise<Report[]>;
}

export interface KeptLook {
  requestId: string;
  r2Key: string;
  reason: string;
  sealed: Sealed;
}

export interface LookResult {
  state: "waiting" | "reading" | "answered" | "failed";
  sealed: Sealed | null;
  errorCode: string | null;
}

/** Where the vault keeps a backup's archive. */
export interface StoredPlace {
  bucket: string;
  key: string;
}

/** A workflow run as GitHub shows it. */
export interface GitHubRun {
  id: number;
  url: string;
  status: string | null;
  conclusion: string | null;
  updatedAt: string;
}

/** The end of a failed job's log. */
export interface FailedLog {
  /** The name of the job's first failed step. */
  step: string;
  /** When this step ended, in whole seconds as GitHub states it; `null` where it does not. */
  endedAt: string | null;
  text: string;
}

/** The repository whose workflows do the work. */
export interface GitHub {
  /**
   * Starts the workflow of `kind`, once. Returns the run, or `null` from an older GitHub, which does not return it.
   * @throws {BackupError} `github_unclear` when the run may exist, another `github_*` when it does not.
   */
  dispatch(
    kind: DispatchedKind,
    inputs: Record<string, string>,
  ): Promise<Pick<GitHubRun, "id" | "url"> | null>;
  /** The run that carries the request's id in its name, never another one. */
  findByRequestId(kind: RunKind, requestId: string, since: Date): Promise<GitHubRun | null>;
  /** One run, `null` when GitHub does not know it. */
  readRun(id: number): Promise<GitHubRun | null>;
  /** The steps of all jobs of the run's last attempt, in order. */
  readSteps(id: number): Promise<GitHubStep[]>;
  /**
   * The end of the log of the run's failed job; `null` when nothing failed or GitHub keeps no log.
   * @throws {BackupError} `github_*`
   */
  readFailedLog(id: number): Promise<FailedLog | null>;
  /** Cancels the run. `false` when it has ended already. @throws {BackupError} `github_*` */
  cancel(id: number): Promise<boolean>;
}

/** The audit record of a refused request. */
export interface Refusal {
  /** `null` before authentication. */
  caller: Caller | null;
  target: string | null;
  requestId: string | null;
  r2Key: string | null;
  code: ErrorCode;
  detail: Record<string, string | number | null>;
}

/** Runs whose scripts no longer report. */
export interface SilentRuns {
  /** Ends all of them as lost, by the database's clock and service levels. @throws {BackupError} `catalog_unavailable` */
  giveUp(): Promise<void>;
}

/** Stores refusals. */
export interface RefusalLog {
  /** @throws {BackupError} `audit_unavailable` */
  append(refusal: Refusal): Promise<void>;
}
