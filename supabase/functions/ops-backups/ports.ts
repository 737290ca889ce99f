/** What the function needs from the database and from GitHub, in its own words. */
import type { Dispatched, GitHubStep, Report } from "@backup/api.ts";
import type { ErrorCode } from "@backup/messages.ts";
import type { Mode, Target } from "@backup/target.ts";
import type { Run, RunKind, RunStatus } from "@backup/runs/run.ts";

/** Kinds of run that the function starts. */
export type StartedKind = Dispatched["kind"];

/** What is written when a run is asked for. */
export interface RunOrder {
  kind: StartedKind;
  target: Target;
  mode: Mode | null;
  label: string | null;
  r2Key: string | null;
  reason: string | null;
  requestId: string;
  /** The plan that was looked at before a restore. */
  planRequestId: string | null;
}

/** Why a run ended, for the history. */
export interface RunEnd {
  status: Extract<RunStatus, "failed" | "cancelled" | "lost">;
  errorCode: ErrorCode;
  errorMessage: string;
}

/** A signed-in user, as the checked token names him. */
export interface Caller {
  id: string;
  email: string | null;
}

/** The database as one caller sees it: every call carries the caller's own token, the database decides. */
export interface CallerDatabase {
  /**
   * Makes sure that the token is a signed-in user's.
   * @throws {BackupError} `invalid_token`; `catalog_unavailable` when nobody could say.
   */
  authenticate(): Promise<Caller>;
  /** @throws {BackupError} `perm_check_failed` when the database does not say yes or no. */
  mayOps(action: "view" | "manage"): Promise<boolean>;
  /** The caller's active company, `null` for none. @throws {BackupError} `perm_check_failed` */
  currentEmpresa(): Promise<string | null>;
  /**
   * Takes the target's lock (backup, restore) and writes the `queued` row; for a known id answers the row that is there.
   * @throws {BackupError} `busy`, `request_id_reused`, `plan_required`, `forbidden`, `empresa_not_selected`, …
   */
  requestRun(order: RunOrder): Promise<{ created: boolean; run: Run }>;
  /** GitHub accepted; `null`s while it has not shown the run. Answers the row as it is then. */
  markDispatched(requestId: string, githubRunId: number | null, runUrl: string | null): Promise<Run>;
  /** GitHub refused, or (`unclear`) gave no clear answer. */
  markNotDispatched(requestId: string, code: ErrorCode, message: string, unclear: boolean): Promise<void>;
  /** Ends a run whose script will not. One that ended or gave a sign of life meanwhile stays as it is. */
  settleRun(requestId: string, end: RunEnd): Promise<Run>;
  /** One run, `null` when the history has none of this id. */
  findRun(requestId: string): Promise<Run | null>;
  /** The last word of each watching script. */
  listReports(): Promise<Report[]>;
}

/** A workflow run as GitHub tells it. */
export interface GitHubRun {
  id: number;
  url: string;
  status: string | null;
  conclusion: string | null;
  updatedAt: string;
}

/** The repository whose workflows do the work. */
export interface GitHub {
  /**
   * Starts the workflow of `kind`, once. Answers the run, or `null` when an older GitHub does not tell it.
   * @throws {BackupError} `github_unclear` when the run may exist, another `github_*` when it does not.
   */
  dispatch(kind: RunKind, inputs: Record<string, string>): Promise<Pick<GitHubRun, "id" | "url"> | null>;
  /** The run that carries the request's id in its name, never another one. */
  findByRequestId(kind: RunKind, requestId: string, since: Date): Promise<GitHubRun | null>;
  /** One run, `null` when GitHub does not know it. */
  readRun(id: number): Promise<GitHubRun | null>;
  /** The steps of all jobs of the run's last attempt, in order. */
  readSteps(id: number): Promise<GitHubStep[]>;
  /** Asks for the run's end. `false` when it has ended already. @throws {BackupError} `github_*` */
  cancel(id: number): Promise<boolean>;
}

/** What the audit keeps of a request that was not granted. */
export interface Refusal {
  /** `null` while nobody has shown who he is. */
  caller: Caller | null;
  target: string | null;
  requestId: string | null;
  r2Key: string | null;
  code: ErrorCode;
  detail: Record<string, string | number | null>;
}

/** Runs that nobody hears of any more. */
export interface SilentRuns {
  /** Ends all of them as lost, by the catalog's own clock and limits. @throws {BackupError} `catalog_unavailable` */
  giveUp(): Promise<void>;
}

/** Where refusals are kept. */
export interface RefusalLog {
  /** @throws {BackupError} `audit_unavailable` */
  append(refusal: Refusal): Promise<void>;
}
