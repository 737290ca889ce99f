/**
 * Which backups stay and which go: grandfather, father, son per target, and what stands above that. One function for
 * the screen, the dry run and the deletion; docs/retention.md says it for people.
 *
 * The newest backup of a day, week, month or year stands for it. Counted are periods that have backups, not days of
 * the calendar: when backups stop, nothing more is deleted.
 */
import type { RetentionBackup, RetentionDecision, RetentionFacts, RetentionPolicy } from "./policy.ts";
import { decide, factsOfTarget } from "./rules.ts";
import { seriesOf } from "./series.ts";

/**
 * Judges backups, of one target or of several; every backup of a target has to be among them.
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
