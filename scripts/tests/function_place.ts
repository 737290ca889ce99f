/** For tests of the Edge Function on the embedded stack: one stack, its users, and the effects of a call. */
import postgres from "postgres";
import { afterAll, beforeAll, expect } from "vitest";
import { type StatusAnswer, statusAnswerSchema } from "@backup/api.ts";
import { messageOf } from "@backup/messages.ts";
import { isActive } from "@backup/runs/run.ts";
import { MINUTE_MS, RUN_SILENT_AFTER_MS } from "@backup/service_levels.ts";
import { type Stack, startStack } from "../dev/stack.ts";
import { ask, type Call, forgeToken, send, signIn } from "./function_caller.ts";

export const REQUEST_ID = "6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11";
export const R2_KEY = "revo/prod/2026/11/24/supabase_prod_20261124_031022.dump.gz";

export interface FunctionPlace {
  stack: Stack;
  /** On prod, as its owner. */
  sql: postgres.Sql;
  tokens: Record<string, string | undefined>;
  /** Receives every line that the stack prints, a run's log included. */
  listeners: Set<(line: string) => void>;
}

/** Starts it before the tests of a file and stops it after them. */
export function startForFile(): () => FunctionPlace {
  let place: FunctionPlace | undefined;
  beforeAll(async () => {
    const listeners: FunctionPlace["listeners"] = new Set();
    const log = (line: string) => listeners.forEach((listener) => listener(line));
    const stack = await startStack({ rows: 2000, web: "none", ports: "free", log });
    const sql = postgres(stack.databases.prod, { max: 1, onnotice: () => {} });
    place = { stack, sql, listeners, tokens: {} };
    place.tokens = await makeTokens(stack);
  });
  afterAll(async () => {
    await place?.sql.end();
    await place?.stack.stop();
  }, 60_000);
  return () => {
    if (place === undefined) throw new Error("The stack has not been started yet");
    return place;
  };
}

async function makeTokens(stack: Stack): Promise<FunctionPlace["tokens"]> {
  const [manager, viewer, stranger] = await Promise.all([
    signIn(stack, stack.users.admin),
    signIn(stack, stack.users.viewer),
    signIn(stack, stack.users.stranger),
  ]);
  const { jwtSecret, publishable, secret } = stack.keys;
  return {
    "no token": undefined,
    garbage: "garbage",
    "three parts of garbage": "a.b.c",
    "an expired token": forgeToken(manager, { exp: 1_700_000_000 }, jwtSecret),
    "another project's token": forgeToken(manager, {}, "another-project-s-secret-of-32-bytes!"),
    "an unsigned token": `${manager.split(".").slice(0, 2).join(".")}.`,
    "an anonymous token": forgeToken(manager, { role: "anon", sub: undefined }, jwtSecret),
    "a service token": forgeToken(manager, { role: "service_role" }, jwtSecret),
    "the publishable key": publishable,
    "the secret key": secret,
    stranger,
    viewer,
    manager,
  };
}

export function dispatches({ stack }: FunctionPlace): number {
  return stack.github.journal.filter(({ path }) => path.endsWith("/dispatches")).length;
}

/** Numbers of runs, of dispatches and of refusals in the audit. */
export async function countTraces(place: FunctionPlace) {
  const [row] = await place.sql<{ runs: number; refusals: number }[]>`
    select (select count(*)::int from public.ops_db_backup_runs) as runs,
           (select count(*)::int from public.ops_db_backup_audit where event = 'refusal') as refusals`;
  return { runs: row?.runs ?? -1, refusals: row?.refusals ?? -1, dispatches: dispatches(place) };
}

/** @param actor e-mail that the audit must name; `null` before authentication. */
export async function expectRefusal(
  place: FunctionPlace,
  call: Call,
  expected: { status: number; code: string; actor: string | null },
): Promise<Record<string, unknown>> {
  const before = await countTraces(place);
  const response = await send(place.stack, call);
  const body = JSON.parse(await response.text());
  expect([response.status, body.error, body.ok]).toEqual([expected.status, expected.code, false]);
  expect(body.message.startsWith(messageOf(expected.code))).toBe(true);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await countTraces(place)).toEqual({ ...before, refusals: before.refusals + 1 });
  const [record] = await place.sql`
    select actor, code from public.ops_db_backup_audit where event = 'refusal' order by at desc, seq desc limit 1`;
  expect(record).toEqual({ actor: expected.actor, code: expected.code });
  return body;
}

export async function statusOf(
  place: FunctionPlace,
  requestId: string,
  who = "manager",
): Promise<StatusAnswer> {
  const call = { token: place.tokens[who], body: { action: "status", request_id: requestId } };
  const { status, body } = await ask(place.stack, call);
  expect([status, body.error]).toEqual([200, undefined]);
  return statusAnswerSchema.parse(body);
}

export async function waitForEnd(place: FunctionPlace, requestId: string): Promise<StatusAnswer["run"]> {
  const look = async () => isActive((await statusOf(place, requestId)).run.status);
  await expect.poll(look, { timeout: 90_000, interval: 500 }).toBe(false);
  return (await statusOf(place, requestId)).run;
}

const SILENCE = `${RUN_SILENT_AFTER_MS + MINUTE_MS} ms`;

/** Moves a run back by a minute more than the service level of a silent script. */
export async function age({ sql }: FunctionPlace, requestId: string): Promise<void> {
  await sql`
    update public.ops_db_backup_runs
       set created_at = created_at - ${SILENCE}::interval, started_at = started_at - ${SILENCE}::interval,
           heartbeat_at = heartbeat_at - ${SILENCE}::interval
     where request_id = ${requestId}`;
}
