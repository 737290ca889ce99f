/**
 * Which backups are kept and which are deleted: grandfather-father-son per target, and the rules that take
 * precedence. One function for the screen, the dry run and the deletion; docs/retention.md describes the rules.
 *
 * The newest backup of a day, week, month or year represents it. Periods that have backups are counted, not days of
 * the calendar: when backups stop, nothing more is deleted.
 *
 * Only backups whose time agrees with the vault's are judged together: one that is dated back displaces none of them,
 * one that is dated in the future displaces nothing.
 */
import type { RetentionBackup, RetentionDecision, RetentionFacts, RetentionPolicy } from "./policy.ts";
import { decide, factsOfTarget } from "./rules.ts";
import { type Dating, datingOf } from "../vault/time.ts";
import { instantOf, seriesOf } from "./series.ts";

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
    const byDating = new Map<Dating, RetentionBackup[]>();
    for (const backup of backups) {
      if (backup.target !== target) continue;
      const dating = datingIn(backup, now);
      byDating.set(dating, [...byDating.get(dating) ?? [], backup]);
    }
    for (const backup of byDating.get("ahead") ?? []) decisions.set(backup, setAside(backup));
    // as if those of the other kind did not exist
    for (const all of [byDating.get("agrees") ?? [], byDating.get("behind") ?? []]) {
      const ofTarget = factsOfTarget(all);
      for (const series of seriesOf(target, all, policy)) {
        series.newestFirst.forEach((backup, rank) =>
          decisions.set(backup, decide(context, { series, backup, rank, ofTarget }))
        );
      }
    }
  }
  return backups.flatMap((backup) => decisions.get(backup) ?? []);
}

/** By the vault's time of the archive; without it only a time in the future is recognized. */
function datingIn({ createdAt, storedAt }: RetentionBackup, now: Date): Dating {
  instantOf(createdAt); // what is no time is not judged
  if (storedAt !== null) return datingOf(createdAt, storedAt);
  return datingOf(createdAt, now) === "ahead" ? "ahead" : "agrees";
}

/** Neither counted nor deleted. */
function setAside({ key, holdReason }: RetentionBackup): RetentionDecision {
  return {
    key,
    keep: true,
    reasons: ["dated_ahead"],
    deleteAfter: null,
    rules: [{ code: "dated_ahead", until: null }],
    holdReason,
  };
}
