/** Assesses the safety of a target from measured facts. */

import {
  BACKUP_LONG_OVERDUE_AFTER_MS,
  BACKUP_OVERDUE_AFTER_MS,
  PROOF_OVERDUE_AFTER_MS,
} from "@backup/service_levels.ts";
import type { OverviewFacts } from "./overview_facts.ts";

/**
 * Problems, most severe first: `no_backup` · `long_overdue` two nights are missing · `overdue` one night is missing ·
 * `last_failed` the newest attempt left no backup · `never_proven` no drill has restored any · `proof_overdue` the
 * last drill is too old · `never_measured` no restore or drill has measured the duration.
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
  /** Data loss if the target were lost now (RPO): the age of the newest backup, `null` when there is none. */
  lossMs: number | null;
  /** The same for the newest proven backup; `null` when there is none or when it is the newest backup. */
  provenLossMs: number | null;
  /** The median duration of the last restores and drills. */
  backMs: number | null;
  /** When a drill proved the newest proven backup. */
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
  if (age > BACKUP_LONG_OVERDUE_AFTER_MS) return "long_overdue";
  return age > BACKUP_OVERDUE_AFTER_MS ? "overdue" : null;
}

function proofProblem(age: number | null): Problem | null {
  if (age === null) return "never_proven";
  return age > PROOF_OVERDUE_AFTER_MS ? "proof_overdue" : null;
}

function toneOf(problems: readonly Problem[]): Safety["tone"] {
  if (problems.some((problem) => BAD.includes(problem))) return "bad";
  return problems.some((problem) => !HARMLESS.includes(problem)) ? "warn" : "ok";
}

/** The database's current time: its `time` when read, plus the time that has passed on this machine since `readAt`. */
export function databaseNow(facts: OverviewFacts, readAt: number, now: Date): Date {
  return new Date(Date.parse(facts.time) + Math.max(0, now.getTime() - readAt));
}
