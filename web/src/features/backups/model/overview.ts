/** Assesses the safety of a target from measured facts. */

import {
  BACKUP_LONG_OVERDUE_AFTER_MS,
  BACKUP_OVERDUE_AFTER_MS,
  PROOF_OVERDUE_AFTER_MS,
} from "@backup/service_levels.ts";
import type { OverviewFacts, RejectedBackup } from "./overview_facts.ts";
import { isInVault } from "./restorable.ts";

/**
 * Problems, most severe first: `no_backup` none that counts · `long_overdue` two nights are missing · `overdue` one night
 * is missing · `newest_rejected` a drill rejected the newest · `last_failed` the newest attempt left no backup ·
 * `drill_failed` the last drill failed and none has passed since · `never_proven` no drill has restored any ·
 * `proof_overdue` the last drill is too old · `never_measured` no restore or drill has measured the duration.
 */
export type Problem =
  | "no_backup"
  | "long_overdue"
  | "overdue"
  | "newest_rejected"
  | "last_failed"
  | "drill_failed"
  | "never_proven"
  | "proof_overdue"
  | "never_measured";

const BAD: readonly Problem[] = ["no_backup", "newest_rejected", "long_overdue"];
const HARMLESS: readonly Problem[] = ["never_measured"];

export interface Safety {
  tone: "ok" | "warn" | "bad";
  problems: Problem[];
  /** Data loss if the target were lost now (RPO): the age of the newest backup that counts, `null` without one. */
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
  const isRejected = rejectedNewest(facts) !== null;
  const ageOf = (at: string) => Math.max(0, now.getTime() - Date.parse(at));
  const lossMs = newest && ageOf(newest.created_at);
  const proofAge = proven?.proven_at ? ageOf(proven.proven_at) : null;
  const found: (Problem | null)[] = [
    ageProblem(lossMs),
    isRejected ? "newest_rejected" : null,
    facts.last_failed === null ? null : "last_failed",
    !isRejected && isDrillFailing(facts) ? "drill_failed" : null,
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

/** The newest backup in the vault if a drill rejected it. */
export function rejectedNewest({ newest, rejected }: OverviewFacts): RejectedBackup | null {
  const [first] = rejected.filter(isInVault);
  if (first === undefined) return null;
  return newest === null || Date.parse(first.created_at) > Date.parse(newest.created_at) ? first : null;
}

function isDrillFailing({ last_drill: drill, newest_proven: proven }: OverviewFacts): boolean {
  if (drill?.error_code !== "drill_failed" || drill.finished_at === null) return false;
  return !proven?.proven_at || Date.parse(proven.proven_at) < Date.parse(drill.finished_at);
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
