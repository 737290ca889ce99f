/** Stateful fakes of the catalog and of GitHub, for tests of order and mapping. */
import type { Report } from "@backup/api.ts";
import type { BackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import { isActive, type Run, runSchema } from "@backup/runs/run.ts";
import { type Config, readConfig } from "./env.ts";
import type {
  Caller,
  CallerDatabase,
  KeptLook,
  LookResult,
  OpsRight,
  Refusal,
  RefusalLog,
  RunEnd,
  RunOrder,
  SilentRuns,
  StoredPlace,
} from "./ports.ts";
import { type CatalogWatchFacts, watchFactsSchema } from "@backup/watch/catalog_facts.ts";
import { RequestError } from "./responses.ts";
import { createPassOffice } from "./run_pass.ts";
import type { WatchCatalog } from "./watch_access.ts";

export const REQUEST_ID = "6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11";
export const NOW = new Date("2026-11-24T12:00:00Z");
export const R2_KEY = "revo/prod/2026/11/24/supabase_prod_20261124_031022.dump.gz";

export const ENVIRONMENT: Readonly<Record<string, string>> = {
  SUPABASE_URL: "https://project.supabase.example",
  SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_example"}',
  GITHUB_TOKEN: "github_pat_example",
  GITHUB_REPO: "revo/erp",
  GITHUB_API_URL: "https://github.example",
  ALLOWED_ORIGINS: "https://erp.example",
};

export function exampleConfig(): Config {
  return readConfig((name) => ENVIRONMENT[name]);
}

export function exampleRun(changes: Partial<Run> = {}): Run {
  return runSchema.parse({
    id: "11111111-1111-4111-8111-111111111111",
    created_at: NOW.toISOString(),
    kind: "backup",
    target: "prod",
    mode: "full",
    label: null,
    r2_key: null,
    reason: null,
    status: "queued",
    phase: null,
    bytes_done: null,
    bytes_expected: null,
    rows_done: null,
    requested_by: "admin@revo.example",
    request_id: REQUEST_ID,
    plan_request_id: null,
    github_run_id: null,
    run_url: null,
    attempt: null,
    error_code: null,
    error_message: null,
    result: null,
    started_at: null,
    heartbeat_at: null,
    finished_at: null,
    ...changes,
  });
}

export const CALLER: Caller = { id: "55555555-5555-4555-8555-555555555555", email: "admin@revo.example" };

/** Keeps refusals in memory; `fail` makes it fail. */
export class MemoryRefusals implements RefusalLog {
  readonly kept: Refusal[] = [];
  failure: BackupError | null = null;

  append(refusal: Refusal): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.kept.push(refusal);
    return Promise.resolve();
  }
}

/** Ends every active run of a catalog as lost; `fail` makes it fail. */
export class MemorySilentRuns implements SilentRuns {
  failure: BackupError | null = null;

  constructor(private readonly database: MemoryDatabase) {}

  giveUp(): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    for (const [id, run] of this.database.rows) {
      if (isActive(run.status)) {
        this.database.rows.set(id, { ...run, status: "lost", error_code: "run_lost" });
      }
    }
    return Promise.resolve();
  }
}

/** The facts that the watch reads, and the last report that it wrote. */
export class MemoryWatchCatalog implements WatchCatalog {
  /** The result of `ops_db_backup_watch_facts`, without the report of the watch itself. */
  answer: Record<string, unknown> = {};
  failure: BackupError | null = null;
  last: Omit<Report, "at"> | null = null;

  facts(): Promise<CatalogWatchFacts> {
    if (this.failure !== null) return Promise.reject(this.failure);
    const { reports = {}, ...rest } = this.answer;
    const watch = this.last === null ? {} : { watch: { at: NOW.toISOString(), report: this.last.report } };
    return Promise.resolve(watchFactsSchema.parse({ ...rest, reports: { ...Object(reports), ...watch } }));
  }

  report(report: Omit<Report, "at">): Promise<void> {
    this.last = report;
    return Promise.resolve();
  }
}

/** The catalog's rules in memory, for one caller. Every call is recorded; `failures` make the named ones fail. */
export class MemoryDatabase implements CallerDatabase {
  readonly rows = new Map<string, Run>();
  readonly calls: string[] = [];
  readonly failures = new Map<keyof CallerDatabase, BackupError>();
  readonly reports: Report[] = [];
  rights = new Set<OpsRight>(["view", "manage"]);
  isOperator = true;
  empresa: string | null = "22222222-2222-4222-8222-222222222222";

  authenticate(): Promise<Caller> {
    return this.#noted("authenticate", CALLER);
  }

  mayOps(action: OpsRight): Promise<boolean> {
    return this.#noted("mayOps", this.rights.has(action));
  }

  mayAct(): Promise<boolean> {
    const may = this.isOperator && (this.rights.has("manage") || this.rights.has("restore"));
    return this.#noted("mayAct", may);
  }

  currentEmpresa(): Promise<string | null> {
    return this.#noted("currentEmpresa", this.empresa);
  }

  async requestRun(order: RunOrder): Promise<{ created: boolean; run: Run }> {
    await this.#noted("requestRun", undefined);
    const known = this.rows.get(order.requestId);
    if (known !== undefined) return { created: false, run: known };
    const holds = ({ kind }: { kind: string }) => kind === "backup" || kind === "restore";
    const held = [...this.rows.values()].some((run) =>
      holds(run) && run.target === order.target && isActive(run.status)
    );
    if (held && holds(order)) {
      throw new RequestError("busy", "another run holds the target");
    }
    const { r2Key, requestId, planRequestId: _, ...rest } = order;
    const run = exampleRun({ ...rest, r2_key: r2Key, request_id: requestId });
    this.rows.set(requestId, run);
    return { created: true, run };
  }

  async markDispatched(requestId: string, githubRunId: number | null, runUrl: string | null): Promise<Run> {
    await this.#noted("markDispatched", undefined);
    const status = this.rows.get(requestId)?.status === "unknown" ? { status: "queued" as const } : {};
    return this.#change(requestId, { github_run_id: githubRunId, run_url: runUrl, ...status });
  }

  async markNotDispatched(id: string, code: ErrorCode, message: string, unclear: boolean): Promise<void> {
    await this.#noted("markNotDispatched", undefined);
    const status = unclear ? "unknown" : "failed";
    this.#change(id, { status, error_code: code, error_message: message });
  }

  async settleRun(requestId: string, end: RunEnd): Promise<Run> {
    await this.#noted("settleRun", undefined);
    const { status, errorCode, errorMessage } = end;
    return this.#change(requestId, { status, error_code: errorCode, error_message: errorMessage });
  }

  findRun(requestId: string): Promise<Run | null> {
    if (!this.rights.has("view")) {
      return Promise.reject(new RequestError("forbidden", "insufficient privilege"));
    }
    return this.#noted("findRun", this.rows.get(requestId) ?? null);
  }

  /** Looks that were asked and not read yet, as the catalog has them. */
  readonly looks = new Map<string, KeptLook & { result: LookResult }>();

  async requestLook(look: KeptLook): Promise<{ created: boolean; expiresAt: string }> {
    await this.#noted("requestLook", undefined);
    const created = !this.looks.has(look.requestId);
    const result: LookResult = { state: "waiting", sealed: null, errorCode: null };
    if (created) this.looks.set(look.requestId, { ...look, result });
    return { created, expiresAt: NOW.toISOString() };
  }

  async takeLookAnswer(requestId: string): Promise<LookResult> {
    await this.#noted("takeLookAnswer", undefined);
    const look = this.looks.get(requestId);
    if (look === undefined) throw new RequestError("look_expired", "no such look");
    if (look.result.state === "answered" || look.result.state === "failed") this.looks.delete(requestId);
    return look.result;
  }

  async withdrawLook(requestId: string): Promise<boolean> {
    return await this.#noted("withdrawLook", this.looks.delete(requestId));
  }

  /** Backups of the vault by key; what was downloaded and why. */
  readonly stored = new Map<string, StoredPlace>();
  readonly downloads: { key: string; reason: string }[] = [];

  async recordDownload(key: string, reason: string): Promise<StoredPlace> {
    const backup = this.stored.get(key);
    if (backup === undefined) throw new RequestError("no_backup_found", "no such backup");
    this.downloads.push({ key, reason });
    return await this.#noted("recordDownload", backup);
  }

  listReports(): Promise<Report[]> {
    return this.#noted("listReports", this.reports);
  }

  #change(requestId: string, changes: Partial<Run>): Run {
    const run = this.rows.get(requestId);
    if (run === undefined) throw new RequestError("run_not_found", "no such run");
    const changed = { ...run, ...changes };
    this.rows.set(requestId, changed);
    return changed;
  }

  #noted<T>(call: keyof CallerDatabase, result: T): Promise<T> {
    this.calls.push(call);
    const failure = this.failures.get(call);
    return failure === undefined ? Promise.resolve(result) : Promise.reject(failure);
  }
}

export interface RecordedDispatch {
  workflow: string;
  body: { ref: string; inputs: Record<string, string>; return_run_details: boolean };
  authorization: string | null;
}

/** GitHub as a `fetch`: counts dispatches, stores runs and their steps, answers a dispatch with `answerDispatch`. */
export class MemoryGitHub {
  readonly dispatches: RecordedDispatch[] = [];
  readonly runs: Record<string, unknown>[] = [];
  steps: { name: string; status: string; conclusion: string | null }[] = [];
  /** How a dispatch is answered; the default is the newer GitHub's way. */
  answerDispatch: (init: RequestInit) => Response | Promise<Response> = () =>
    Response.json({ workflow_run_id: 7, run_url: "https://github.example/api/7", html_url: runPage(7) });
  /** Number of searches before a run becomes visible. */
  hiddenSearches = 0;
  broken = false;
  /** The effect of a cancellation; the default is GitHub's response for an active run. */
  answerCancel: (id: number) => Response = () => Response.json({}, { status: 202 });
  readonly cancelled: number[] = [];

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const workflow = /workflows\/([^/]+)\/(dispatches|runs)$/.exec(url.pathname);
    if (init.method === "POST" && workflow?.[1] !== undefined) return await this.#dispatch(workflow[1], init);
    if (this.broken) return Response.json({ message: "Server Error" }, { status: 500 });
    if (url.pathname.endsWith("/cancel")) {
      const id = Number(/runs\/(\d+)/.exec(url.pathname)?.[1]);
      this.cancelled.push(id);
      return this.answerCancel(id);
    }
    if (workflow !== null) {
      const since = Date.parse(url.searchParams.get("created")?.replace(">=", "") ?? "");
      const found = this.runs.filter(({ created_at }) => Date.parse(String(created_at)) >= since);
      return Response.json({ workflow_runs: this.hiddenSearches-- > 0 ? [] : found });
    }
    const id = Number(/runs\/(\d+)/.exec(url.pathname)?.[1]);
    const run = this.runs.find((each) => each.id === id);
    if (run === undefined) return Response.json({ message: "Not Found" }, { status: 404 });
    return Response.json(url.pathname.endsWith("/jobs") ? { jobs: [{ id: 1, steps: this.steps }] } : run);
  };

  addRun(id: number, changes: Record<string, unknown> = {}): void {
    this.runs.unshift({
      id,
      html_url: runPage(id),
      status: "in_progress",
      conclusion: null,
      created_at: NOW.toISOString(),
      updated_at: NOW.toISOString(),
      name: "db-backup",
      display_title: "db-backup of another user",
      ...changes,
    });
  }

  async #dispatch(workflow: string, init: RequestInit): Promise<Response> {
    const authorization = new Headers(init.headers).get("authorization");
    this.dispatches.push({ workflow, body: JSON.parse(String(init.body)), authorization });
    return await this.answerDispatch(init);
  }
}

export function runPage(id: number): string {
  return `https://github.example/revo/erp/actions/runs/${id}`;
}

/** Passes as the function makes them, at {@link NOW}. */
export function examplePasses() {
  return createPassOffice(exampleConfig().githubToken, () => NOW);
}
