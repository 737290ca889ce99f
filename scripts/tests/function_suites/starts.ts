/** A permitted call starts one run, also when calls are parallel. */
import { describe, expect, it } from "vitest";
import { cancelAnswerSchema, dispatchedSchema, logAnswerSchema } from "@backup/api.ts";
import { REPOSITORY } from "../../dev/stack.ts";
import { ask } from "../function_caller.ts";
import {
  countTraces,
  expectRefusal,
  type FunctionPlace,
  REQUEST_ID,
  statusOf,
  waitForEnd,
} from "../function_place.ts";
import { sized } from "../sizes.ts";
import { GOOD } from "./refusals.ts";

/** Parallel calls. */
const MANY = sized(20, 200);

type Answered = Awaited<ReturnType<typeof ask>>;

/** GitHub's response to a dispatch, for a run that does not exist. */
function acceptance({ stack }: FunctionPlace) {
  const id = 999_999_999;
  const path = `${REPOSITORY}/actions/runs/${id}`;
  const [run_url, html_url] = [`${stack.urls.github}/repos/${path}`, `${stack.urls.github}/${path}`];
  return { status: 200, body: { workflow_run_id: id, run_url, html_url } };
}

/** How often each response was given. */
function tally(answers: readonly Answered[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = [status, body.error].filter(Boolean).join(" ");
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export function describeStarts(place: () => FunctionPlace): void {
  const asManager = (body: object) => ask(place().stack, { token: place().tokens.manager, body });
  const actor = () => place().stack.users.admin.email;

  describe("a locked database", () => {
    const holder = { kind: "backup", target: "dev", mode: "full", requested_by: "agendado" };

    it("is refused with the run that holds the lock: kind, start and requester", async () => {
      const { sql, tokens } = place();
      const [row] = await sql`
        insert into public.ops_db_backup_runs ${sql({ ...holder, request_id: crypto.randomUUID() })}
        returning request_id`;
      const busy = { status: 409, code: "busy", actor: actor() };
      const call = { token: tokens.manager, body: { ...GOOD.backup, target: "dev" } };
      await expectRefusal(place(), { ...call, body: GOOD.restore }, busy);
      const body = await expectRefusal(place(), call, busy);
      expect(body.message).toMatch(/backup em dev, desde \d\d\/\d\d\/\d{4}, \d\d:\d\d .*por agendado/);
      expect(body.details).toMatchObject({ holder: { ...row, target: "dev" } });
      await sql`
        update public.ops_db_backup_runs set status = 'lost', finished_at = now()
         where request_id = ${row?.request_id}`;
    });
  });

  describe("a permitted backup", () => {
    it(`is dispatched once for ${MANY} parallel calls with one id`, async () => {
      const before = await countTraces(place());
      const body = { ...GOOD.backup, request_id: REQUEST_ID };
      const answers = await Promise.all(Array.from({ length: MANY }, () => asManager(body)));
      expect(tally(answers)).toEqual({ "200": MANY });
      const ids = answers.map(({ body }) => dispatchedSchema.parse(body).run.id);
      expect(new Set(ids).size).toBe(1);
      const after = { ...before, runs: before.runs + 1, dispatches: before.dispatches + 1 };
      expect(await countTraces(place())).toEqual(after);
      const reused = { token: place().tokens.manager, body: { ...body, mode: "full" } };
      await expectRefusal(place(), reused, { status: 409, code: "request_id_reused", actor: actor() });
    });

    it("is followed by a viewer and appears in the history", async () => {
      const seen = await statusOf(place(), REQUEST_ID, "viewer");
      expect(seen.run.requested_by).toBe(actor());
      await waitForEnd(place(), REQUEST_ID);
      const { run, github } = await statusOf(place(), REQUEST_ID, "viewer");
      expect([run.status, run.error_code, github]).toEqual(["succeeded", null, null]);
    });

    it(`is dispatched once for ${MANY} parallel calls with different ids`, async () => {
      // accepted and never begun, so that the lock is held until the last call is answered
      place().stack.github.faults.dispatches.push({ kind: "answer", answer: acceptance(place()) });
      const before = await countTraces(place());
      const ids = Array.from({ length: MANY }, () => crypto.randomUUID());
      const answers = await Promise.all(ids.map((request_id) => asManager({ ...GOOD.backup, request_id })));
      expect(tally(answers)).toEqual({ "200": 1, "409 busy": MANY - 1 });
      expect(await countTraces(place())).toEqual({
        runs: before.runs + 1,
        dispatches: before.dispatches + 1,
        refusals: before.refusals + MANY - 1,
      });
      const { request_id } = dispatchedSchema.parse(answers.find(({ status }) => status === 200)?.body);
      const cancelled = await asManager({ action: "cancel", request_id });
      expect(cancelAnswerSchema.parse(cancelled.body).run.status).toBe("cancelled");
    });
  });

  it(
    "a restore of a backup that is not in the vault fails with its reason and releases the lock",
    async () => {
      const { body } = await asManager(GOOD.restore);
      const run = await waitForEnd(place(), dispatchedSchema.parse(body).request_id);
      expect([run.status, run.error_code]).toEqual(["failed", "vault_object_missing"]);
      const request = { action: "log", request_id: run.request_id };
      const readsLog = () => asManager(request);
      await expect.poll(async () => (await readsLog()).status, { timeout: 20_000 }).toBe(200);
      const { step, lines } = logAnswerSchema.parse((await readsLog()).body);
      expect(step).toBe("Restaurar");
      expect(lines.at(-1)).toBe("Process completed with exit code 1.");
      expect(lines.join("\n")).toContain("vault_object_missing (phase: download)");
      expect(lines.length).toBeLessThanOrEqual(30);
    },
    120_000,
  );

  it("an unreachable GitHub fails the run at once and releases the lock", async () => {
    const { stack, sql } = place();
    await stack.stopPart("github");
    try {
      const { status, body } = await asManager(GOOD.backup);
      expect([status, body.error]).toEqual([502, "github_error"]);
      const [row] = await sql`
        select status, error_code from public.ops_db_backup_runs order by created_at desc limit 1`;
      expect(row).toEqual({ status: "failed", error_code: "github_error" });
    } finally {
      await stack.startPart("github");
    }
  }, 60_000);
}
