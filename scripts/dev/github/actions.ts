/** The Actions service: accepts dispatches and schedules, and stores the resulting runs. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { toText } from "./workflow/expressions.ts";
import { readInputs } from "./workflow/inputs.ts";
import { listWorkflowFiles, loadWorkflow, workflowPath } from "./workflow/load.ts";
import type { Workflow } from "./workflow/model.ts";
import { runContexts, type RunnerSettings, type RunRequest } from "./runner/session.ts";
import { type ActiveRun, startRun } from "./runner/run.ts";
import { HttpError } from "./rest/http.ts";
import { type RunRecord, Store, waiting, type WorkflowRecord } from "./store.ts";

/** Input of a new run. */
interface Trigger {
  event: RunRecord["event"];
  payload: RunRequest["payload"];
  inputs: RunRequest["inputs"];
}

const NO_COMMIT = "0".repeat(40);

export class ActionsService {
  readonly store = new Store();
  readonly settings: RunnerSettings;
  readonly #branch: string;
  readonly #active = new Map<number, ActiveRun>();
  #stopping = false;

  constructor(settings: Omit<RunnerSettings, "nextId">, branch: string) {
    this.settings = { ...settings, nextId: () => this.store.nextId() };
    this.#branch = branch;
  }

  /** All workflows of the repository. */
  async workflows(): Promise<WorkflowRecord[]> {
    const files = await listWorkflowFiles(this.settings.workspace);
    return files.map((file) => this.store.workflow(file));
  }

  /** A workflow by its id or its file's name. @throws {HttpError} 404 if there is none. */
  async workflow(idOrFile: string): Promise<WorkflowRecord> {
    const all = await this.workflows();
    const found = all.find(({ id, file }) => file === idOrFile || String(id) === idOrFile);
    if (found === undefined) throw new HttpError(404, "Not Found");
    return found;
  }

  /** The name in its file; a workflow without one, or with an invalid file, is shown by its path, as on GitHub. */
  async nameOf(record: WorkflowRecord): Promise<string> {
    return await this.#load(record).then(
      (workflow) => workflow.name ?? workflowPath(record.file),
      () => workflowPath(record.file),
    );
  }

  /**
   * Starts a workflow by hand.
   * @throws {HttpError} 422 with GitHub's message for everything that GitHub refuses.
   */
  async dispatch(
    record: WorkflowRecord,
    ref: string,
    given: Readonly<Record<string, string>>,
    visibleAfterMs: number,
  ): Promise<RunRecord> {
    if (ref !== this.#branch && ref !== `refs/heads/${this.#branch}`) {
      throw new HttpError(422, `No ref found for: ${ref}`);
    }
    const workflow = await this.#load(record);
    if (!("workflow_dispatch" in workflow.on)) {
      throw new HttpError(422, "Workflow does not have 'workflow_dispatch' trigger");
    }
    requireEnabled(record, "workflow_dispatch");
    const inputs = refuse422(() => readInputs(workflow.on.workflow_dispatch?.inputs ?? {}, given));
    const payload = { inputs: inputs.texts, ref: `refs/heads/${this.#branch}`, workflow: record.file };
    const trigger: Trigger = { event: "workflow_dispatch", payload, inputs: inputs.typed };
    return await this.#start(record, workflow, trigger, visibleAfterMs);
  }

  /**
   * Starts a workflow by its first schedule, or by the given one.
   * @throws {HttpError} 422 when it does not have it or is disabled.
   */
  async schedule(record: WorkflowRecord, wanted: string | null): Promise<RunRecord> {
    const workflow = await this.#load(record);
    const cron = workflow.on.schedule?.find((each) => wanted === null || each.cron === wanted)?.cron;
    if (cron === undefined) throw new HttpError(422, "Workflow does not have 'schedule' trigger");
    requireEnabled(record, "schedule");
    return await this.#start(
      record,
      workflow,
      { event: "schedule", payload: { schedule: cron }, inputs: {} },
      0,
    );
  }

  /** Ends every run at once and waits until none is active. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const active = [...this.#active.values()];
    for (const run of active) run.abandon("The local GitHub stops.");
    this.settings.processes.killAll();
    await Promise.all(active.map((run) => run.ended));
  }

  async #load(record: WorkflowRecord): Promise<Workflow> {
    try {
      return await loadWorkflow(this.settings.workspace, record.file);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new HttpError(422, `failed to parse workflow: ${message}`);
    }
  }

  async #start(
    workflowRecord: WorkflowRecord,
    workflow: Workflow,
    trigger: Trigger,
    visibleAfterMs: number,
  ): Promise<RunRecord> {
    const headSha = await headCommit(this.settings.workspace);
    if (this.#stopping) throw new HttpError(503, "The local GitHub stops.");
    const record = this.#makeRecord(workflowRecord, trigger.event, headSha, visibleAfterMs);
    const { payload, inputs } = trigger;
    const request: RunRequest = { settings: this.settings, workflow, record, payload, inputs };
    const scope = { contexts: runContexts(request) };
    record.workflowName = workflow.name ?? workflowPath(workflowRecord.file);
    record.title = refuse422(() => toText(workflow["run-name"] ?? record.workflowName, scope));
    const run = refuse422(() => startRun(request));
    this.#active.set(record.id, run);
    this.store.add(record);
    record.cancel = () => {
      if (record.status === "completed") return false;
      run.cancel("The run was canceled.");
      return true;
    };
    run.ended.finally(() => this.#active.delete(record.id));
    return record;
  }

  #makeRecord(
    workflow: WorkflowRecord,
    event: RunRecord["event"],
    headSha: string,
    visibleAfterMs: number,
  ): RunRecord {
    const now = new Date();
    return {
      ...waiting(),
      id: this.store.nextId(),
      number: ++workflow.runs,
      workflow,
      workflowName: "",
      event,
      title: "",
      createdAt: now,
      updatedAt: now,
      visibleAt: new Date(now.getTime() + visibleAfterMs),
      branch: this.#branch,
      headSha,
      jobs: [],
      cancel: () => false,
    };
  }
}

function requireEnabled(record: WorkflowRecord, event: string): void {
  if (!record.enabled) throw new HttpError(422, `Cannot trigger a '${event}' on a disabled workflow`);
}

function refuse422<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new HttpError(422, error instanceof Error ? error.message : String(error));
  }
}

/** The commit of the workspace; zeros if it is not a Git repository. */
async function headCommit(workspace: string): Promise<string> {
  const git = promisify(execFile)("git", ["-C", workspace, "rev-parse", "--verify", "HEAD"]);
  return await git.then(({ stdout }) => stdout.trim(), () => NO_COMMIT);
}
