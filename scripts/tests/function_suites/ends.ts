/** Runs that end by an external cause: killed in each phase, lost with their runner, cancelled. */
import { readFileSync } from "node:fs";
import process from "node:process";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { cancelAnswerSchema, dispatchedSchema } from "@backup/api.ts";
import { ask } from "../function_caller.ts";
import { age, expectRefusal, type FunctionPlace, statusOf, waitForEnd } from "../function_place.ts";
import { isLarge } from "../sizes.ts";

interface Workflow {
  file: string;
  name: string;
  /** In the order in which the script reports them. */
  phases: readonly string[];
  /** In which a run is killed; every night in each. */
  killedIn: readonly string[];
}

const BACKUP: Workflow = {
  file: "db-backup.yml",
  name: "Backup do banco",
  phases: ["connect", "dump", "verify", "manifest", "catalog"],
  killedIn: ["dump", "catalog"],
};
const RESTORE: Workflow = {
  file: "db-restore-from-r2.yml",
  name: "Restauração do banco",
  phases: [
    "connect",
    "download",
    "inspect",
    "stage",
    "safety_backup",
    "lock",
    "move_aside",
    "load",
    "check",
    "commit",
    "cleanup",
    "analyze",
  ],
  // before the lock, with the safety copy, in the transaction, after it
  killedIn: ["connect", "safety_backup", "load", "cleanup"],
};

export function describeEnds(place: () => FunctionPlace): void {
  const asManager = (body: object) => ask(place().stack, { token: place().tokens.manager, body });

  async function start(body: object): Promise<string> {
    const { status, body: answer } = await asManager(body);
    expect([status, answer.error]).toEqual([200, undefined]);
    return dispatchedSchema.parse(answer).request_id;
  }

  const backup = (target: string) => start({ action: "backup", target });

  describe("a run whose runner is killed", () => {
    it(
      "is marked as failed in any phase of a backup or restore, releases its target and lets the next run begin",
      async () => {
        const run = await waitForEnd(place(), await backup("dev"));
        expect(run.status).toBe("succeeded");
        const restore = { action: "restore", target: "dev", r2_key: run.r2_key };
        await Promise.all([
          killEach(place(), BACKUP, () => backup("verify")),
          killEach(place(), RESTORE, () => start(restore)),
        ]);
        const ended = await Promise.all([backup("verify"), start(restore)].map(async (id) => {
          return (await waitForEnd(place(), await id)).status;
        }));
        expect(ended).toEqual(["succeeded", "succeeded"]);
      },
      300_000,
    );

    it("is marked as lost, with its last phase, when GitHub has no record of it either", async () => {
      const { stack } = place();
      await holdingDev(place(), "access exclusive", async () => {
        const id = await backup("dev");
        await waitForPhase(place(), id, "dump");
        await stack.stopPart("github");
        await stack.startPart("github");
        await age(place(), id);
        const { run, github } = await statusOf(place(), id);
        expect([run.status, run.phase, run.error_code, github]).toEqual(["lost", "dump", "run_lost", {
          known: false,
        }]);
        expect(run.error_message).toContain("dump");
      });
      expect((await waitForEnd(place(), await backup("dev"))).status).toBe("succeeded");
    });
  });

  describe("a cancellation", () => {
    const cancel = async (requestId: string) => {
      const { status, body } = await asManager({ action: "cancel", request_id: requestId });
      expect([status, body.error]).toEqual([200, undefined]);
      return cancelAnswerSchema.parse(body).run;
    };

    it("ends a backup that waits in its dump and leaves nothing behind", async () => {
      await holdingDev(place(), "access exclusive", async () => {
        const id = await backup("dev");
        await waitForPhase(place(), id, "dump");
        await cancel(id);
        const run = await waitForEnd(place(), id);
        expect([run.status, run.error_code, run.phase]).toEqual(["cancelled", "run_cancelled", "dump"]);
      });
    });

    it("ends a restore that waits for its locks and leaves the target unchanged", async () => {
      const { r2_key } = await waitForEnd(place(), await backup("dev"));
      await holdingDev(place(), "access share", async (dev) => {
        const before = await dev`select count(*) as n from public.pedidos`;
        const id = await start({ action: "restore", target: "dev", r2_key });
        await waitForPhase(place(), id, "lock");
        await cancel(id);
        expect((await waitForEnd(place(), id)).status).toBe("cancelled");
        const since = Date.now();
        expect(await dev`select count(*) as n from public.pedidos`).toEqual(before);
        // no session queues behind the cancelled lock request
        expect(Date.now() - since).toBeLessThan(10_000);
      });
    });

    it("is refused once the run has made a permanent change, and after its end", async () => {
      const { sql, tokens, stack } = place();
      const request_id = crypto.randomUUID();
      await sql`
        insert into public.ops_db_backup_runs ${
        sql({ request_id, kind: "restore", target: "dev", r2_key: KEY, status: "running", phase: "commit" })
      }`;
      await sql`update public.ops_db_backup_runs set github_run_id = 1 where request_id = ${request_id}`;
      const call = { token: tokens.manager, body: { action: "cancel", request_id } };
      const refusal = { status: 409, code: "not_cancellable", actor: stack.users.admin.email };
      const committed = await expectRefusal(place(), call, refusal);
      expect(committed.details).toMatchObject({ why: "committed", phase: "commit" });
      await sql`
        update public.ops_db_backup_runs set status = 'succeeded', finished_at = now()
         where request_id = ${request_id}`;
      expect((await expectRefusal(place(), call, refusal)).details).toMatchObject({ why: "ended" });
    });
  });
}

const KEY = "revo/prod/2026/11/24/supabase_prod_20261124_031022.dump.gz";

/** Starts one run per phase and kills it as soon as its log names that phase. */
async function killEach(
  place: FunctionPlace,
  workflow: Workflow,
  start: () => Promise<string>,
): Promise<void> {
  for (const phase of isLarge ? workflow.phases : workflow.killedIn) {
    const killed = killAt(place, workflow, phase);
    const id = await start();
    await killed;
    await expect.poll(async () => (await statusOf(place, id)).github, { timeout: 30_000, interval: 300 })
      .toMatchObject({ status: "completed", conclusion: "failure" });
    await age(place, id);
    const { run } = await statusOf(place, id);
    // by this status, or by the expiry that the start of another run performs, which uses the heartbeat only
    expect(["failed workflow_failed", "lost run_lost"]).toContain(`${run.status} ${run.error_code}`);
    // the phase is written once a second: it may lag, never lead
    const reported = workflow.phases.indexOf(run.phase ?? "");
    expect(reported).toBeLessThanOrEqual(workflow.phases.indexOf(phase));
    if (run.phase !== null && run.status === "failed") expect(run.error_message).toContain(run.phase);
  }
}

/** Sends SIGKILL to the process group of the workflow's run when its log names the phase. */
function killAt(place: FunctionPlace, { file, name }: Workflow, phase: string): Promise<void> {
  return new Promise((resolve) => {
    const listener = (line: string) => {
      if (!line.startsWith(`${file}: [`) || !line.endsWith(` s] ${phase.replaceAll("_", " ")}`)) return;
      place.listeners.delete(listener);
      for (const pid of place.stack.github.pids()) {
        if (environmentOf(pid).includes(`GITHUB_WORKFLOW=${name}`)) process.kill(-pid, "SIGKILL");
      }
      resolve();
    };
    place.listeners.add(listener);
  });
}

/** Each as `NAME=value`. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // ended meanwhile
  }
}

async function waitForPhase(place: FunctionPlace, requestId: string, phase: string): Promise<void> {
  const look = async () => (await statusOf(place, requestId)).run.phase;
  await expect.poll(look, { timeout: 30_000, interval: 200 }).toBe(phase);
}

/** Runs `work` while another session of dev holds a lock on a table. */
async function holdingDev(
  { stack }: FunctionPlace,
  mode: "access exclusive" | "access share",
  work: (dev: postgres.Sql) => Promise<void>,
): Promise<void> {
  const [holder, dev] = [1, 1].map((max) => postgres(stack.databases.dev, { max, onnotice: () => {} }));
  if (holder === undefined || dev === undefined) throw new Error("no connection");
  try {
    await holder.begin(async (held) => {
      await held.unsafe(`lock table public.pedidos in ${mode} mode`);
      await work(dev);
    });
  } finally {
    await Promise.all([holder.end({ timeout: 1 }), dev.end({ timeout: 1 })]);
  }
}
