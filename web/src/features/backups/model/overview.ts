/** Are we safe? What the measured facts say about a target, without any wishful thinking. */

import type { OverviewFacts } from "../data/overview.ts";

const HOUR_MS = 3_600_000;
/** A daily backup plus two hours of grace. */
export const OVERDUE_AFTER_MS = 26 * HOUR_MS;
/** Two nights without a backup. */
export const LONG_OVERDUE_AFTER_MS = 50 * HOUR_MS;
/** A weekly drill plus a day of grace. */
export const PROOF_OVERDUE_AFTER_MS = 8 * 24 * HOUR_MS;

/**
 * What is not as it should be, worst first: `no_backup` · `long_overdue` two nights are missing · `overdue` one is ·
 * `last_failed` the newest attempt left no backup · `never_proven` no drill has restored any · `proof_overdue` the
 * last drill is too long ago · `never_measured` no restore and no drill tells how long it takes.
 */
export type Problem =
  | "no_backup"
  | "long_overdue"
  | "overdue"
  | "last_failed"
  | "never_proven"
  | "proof_overdue"
  | "never_measured";

const BAD: readonly Problem[] = ["no_backup", "long_overdue"];
const HARMLESS: readonly Problem[] = ["never_measured"];

export interface Safety {
  tone: "ok" | "warn" | "bad";
  problems: Problem[];
  /** How much work a loss would cost now: the age of the newest backup, `null` when there is none. */
  lossMs: number | null;
  /** The same when only what a drill proved counts; `null` when that is nothing or no other backup. */
  provenLossMs: number | null;
  /** How long half of the last restores and drills took at most. */
  backMs: number | null;
  /** When a drill last restored a backup that is still the newest proven one. */
  provenAt: Date | null;
}

/** @param now by the clock of the database. */
export function assessSafety(facts: OverviewFacts, now: Date): Safety {
  const { newest, newest_proven: proven, rto } = facts;
  const ageOf = (at: string) => Math.max(0, now.getTime() - Date.parse(at));
  const lossMs = newest && ageOf(newest.created_at);
  const proofAge = proven?.proven_at ? ageOf(proven.proven_at) : null;
  const found: (Problem | null)[] = [
    ageProblem(lossMs),
    facts.last_failed === null ? null : "last_failed",
    newest === null ? null : proofProblem(proofAge),
    newest === null || rto !== null ? null : "never_measured",
  ];
  const problems = found.filter((problem) => problem !== null);
  return {
    tone: toneOf(problems),
    problems,
    lossMs,
    provenLossMs: proven && proven.id !== newest?.id ? ageOf(proven.created_at) : null,
    backMs: rto?.p50_ms ?? null,
    provenAt: proven?.proven_at ? new Date(proven.proven_at) : null,
  };
}

function ageProblem(age: number | null): Problem | null {
  if (age === null) return "no_backup";
  if (age > LONG_OVERDUE_AFTER_MS) return "long_overdue";
  return age > OVERDUE_AFTER_MS ? "overdue" : null;
}

function proofProblem(age: number | null): Problem | null {
  if (age === null) return "never_proven";
  return age > PROOF_OVERDUE_AFTER_MS ? "proof_overdue" : null;
}

function toneOf(problems: readonly Problem[]): Safety["tone"] {
  if (problems.some((problem) => BAD.includes(problem))) return "bad";
  return problems.some((problem) => !HARMLESS.includes(problem)) ? "warn" : "ok";
}

/** The database's clock at `now` of this machine, from what it showed when it was read at `readAt`. */
export function databaseNow(facts: OverviewFacts, readAt: number, now: Date): Date {
  return new Date(Date.parse(facts.time) + Math.max(0, now.getTime() - readAt));
}
