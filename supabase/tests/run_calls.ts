/** The calls of a run's life cycle, each by its real caller, inside one transaction of a test. */
import type { JSONValue, Sql, TransactionSql } from "postgres";
import { z } from "zod";
import { type Run, runSchema } from "@backup/runs/run.ts";
import { become, type Caller, unbecome } from "./cluster.ts";

type Value = string | number | boolean | null | JSONValue;
type Order = {
  kind: string;
  target: string;
  mode: string | null;
  label?: string;
  r2_key?: string;
  reason?: string;
  plan_request_id?: string;
  options?: Record<string, string | boolean>;
};

const requestAnswer = z.object({ created: z.boolean(), run: runSchema });

export const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
export const backupOf = (target: string): Order => ({ kind: "backup", target, mode: "full" });
export const restoreInto = (target: string): Order => ({ kind: "restore", target, mode: null, r2_key: KEY });

/** A restore of prod with what the database requires: a reason, and a plan that has just succeeded. */
export async function restoreOfProd(tx: TransactionSql | Sql): Promise<Order> {
  const plan_request_id = crypto.randomUUID();
  const plan = { ...restoreInto("prod"), kind: "plan", request_id: plan_request_id };
  await tx.unsafe("select public.ops_db_backup_run_start($1::text::jsonb)", [JSON.stringify(plan)]);
  await tx.unsafe("select public.ops_db_backup_run_finish($1::text::jsonb)", [
    JSON.stringify({ request_id: plan_request_id, status: "succeeded", result: { plan: { obstacles: [] } } }),
  ]);
  return { ...restoreInto("prod"), reason: "migração errada", plan_request_id };
}

/** Calls a function as a signed-in user; an error leaves the transaction usable. */
export async function callAs(
  tx: TransactionSql,
  caller: Caller,
  name: string,
  args: Value[],
): Promise<unknown> {
  return await tx.savepoint(async (inner) => {
    await become(inner, caller);
    const places = args.map((_value, index) => `$${index + 1}`).join(", ");
    const [row] = await inner.unsafe(`select public.${name}(${places}) as answer`, args);
    await unbecome(inner);
    return row?.answer;
  });
}

export async function request(
  tx: TransactionSql,
  id: string | null,
  order: Order,
  caller: Caller = "manager",
) {
  const { kind, target, mode, label = null, r2_key = null, reason = null, plan_request_id = null } = order;
  const args = [kind, target, mode, label, r2_key, reason, id, plan_request_id];
  return requestAnswer.parse(await callAs(tx, caller, "ops_db_backup_run_request", args));
}

/** Calls ops_db_backup_run_dispatched, _not_dispatched or _settle as the manager. */
export async function callAsManager(
  tx: TransactionSql,
  what: "dispatched" | "not_dispatched" | "settle",
  ...args: Value[]
): Promise<Run> {
  return runSchema.parse(await callAs(tx, "manager", `ops_db_backup_run_${what}`, args));
}

/** Calls ops_db_backup_run_start, _progress or _finish as a script. */
export async function report(
  tx: TransactionSql,
  what: "start" | "progress" | "finish",
  value: object,
): Promise<Run> {
  return await tx.savepoint(async (inner) => {
    const [row] = await inner.unsafe(`select public.ops_db_backup_run_${what}($1::text::jsonb) as answer`, [
      JSON.stringify(value),
    ]);
    return runSchema.parse(row?.answer);
  });
}

/** Moves a run's creation and last heartbeat back by an interval. */
export async function age(tx: TransactionSql, id: string, interval: string): Promise<void> {
  await tx.unsafe(
    `update public.ops_db_backup_runs
        set created_at = created_at - $2::interval, heartbeat_at = heartbeat_at - $2::interval
      where request_id = $1`,
    [id, interval],
  );
}

/** The run's row; `undefined` if there is none. */
export async function runOf(tx: TransactionSql, id: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await tx.unsafe("select * from public.ops_db_backup_runs where request_id = $1", [id]);
  return row;
}

export async function statusOf(tx: TransactionSql, id: string): Promise<string> {
  return String((await runOf(tx, id))?.status ?? "absent");
}
