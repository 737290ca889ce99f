/** The phases of an active run as this page saw them: the catalog has the current one alone. */

import type { Run } from "@backup/runs/run.ts";

/** A phase and when it was first seen, in milliseconds. */
export interface SeenPhase {
  phase: string;
  at: number;
}

export interface FinishedPhase {
  phase: string;
  /** `null` when its beginning was not seen. */
  ms: number | null;
}

/** A run that began this long before its first phase was seen has had others before. */
const SEEN_FROM_START_MS = 5_000;

/** The log with the run's current phase; the same array when it was noted before. */
export function notePhase(log: readonly SeenPhase[], run: Run, now: Date): readonly SeenPhase[] {
  if (run.status !== "running" || run.phase === null || log.at(-1)?.phase === run.phase) return log;
  return [...log, { phase: run.phase, at: now.getTime() }];
}

/** The phases before the current one, each with its duration to the accuracy of a poll. */
export function finishedPhases(log: readonly SeenPhase[], startedAt: string | null): FinishedPhase[] {
  const start = startedAt === null ? null : Date.parse(startedAt);
  return log.slice(0, -1).map(({ phase, at }, index) => {
    const end = log[index + 1]?.at ?? at;
    const isLate = index === 0 && (start === null || at - start > SEEN_FROM_START_MS);
    return { phase, ms: isLate ? null : end - (index === 0 ? start ?? at : at) };
  });
}
