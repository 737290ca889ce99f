/**
 * Which backups are kept and which are deleted: grandfather-father-son per target, and the rules that take
 * precedence. One function for the screen, the dry run and the deletion; docs/retention.md describes the rules.
 *
 * The newest backup of a day, week, month or year represents it. Periods that have backups are counted, not days of
 * the calendar: when backups stop, nothing more is deleted.
 */
import type { RetentionBackup, RetentionDecision, RetentionFacts, RetentionPolicy } from "./policy.ts";
import { decide, factsOfTarget } from "./rules.ts";
import { seriesOf } from "./series.ts";

/**
 * Decides about backups of one or more targets; every backup of a target must be among them.
 * @returns a decision for each, in the given order
 */
export function planRetention(
  backups: readonly RetentionBackup[],
  policy: RetentionPolicy,
  now: Date,
  facts: RetentionFacts,
): RetentionDecision[] {
  const decisions = new Map<RetentionBackup, RetentionDecision>();
  const context = { policy, now: now.getTime(), facts };
  for (const target of new Set(backups.map((backup) => backup.target))) {
    const all = backups.filter((backup) => backup.target === target);
    const ofTarget = factsOfTarget(all);
    for (const series of seriesOf(target, all, policy)) {
      series.newestFirst.forEach((backup, rank) =>
        decisions.set(backup, decide(context, { series, backup, rank, ofTarget }))
      );
    }
  }
  return backups.flatMap((backup) => decisions.get(backup) ?? []);
}
