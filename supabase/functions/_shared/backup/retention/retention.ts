/**
 * Which backups are kept and which are deleted: grandfather-father-son per target, and the rules that take
 * precedence. One function for the screen, the dry run and the deletion; docs/retention.md describes the rules.
 *
 * The newest backup of a day, week, month or year represents it. Periods that have backups are counted, not days of
 * the calendar: when backups stop, nothing more is deleted.
 *
 * Only backups whose time agrees with the vault's are judged together: one that is dated back displaces none of them,
 * one that is dated in the future displaces nothing. A backup that is not trusted displaces nothing either: it is judged
 * beside the trusted ones as if it were the only one of its kind.
 */
import type { RetentionBackup, RetentionDecision, RetentionFacts, RetentionPolicy } from "./policy.ts";
import { decide, factsOfTarget, type RuleContext } from "./rules.ts";
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
    const untrusted: RetentionBackup[] = [];
    for (const backup of backups) {
      if (backup.target !== target) continue;
      const dating = datingIn(backup, now);
      if (!backup.isTrusted && dating !== "ahead") untrusted.push(backup);
      else byDating.set(dating, [...byDating.get(dating) ?? [], backup]);
    }
    for (const backup of byDating.get("ahead") ?? []) decisions.set(backup, setAside(backup));
    const agreeing = byDating.get("agrees") ?? [];
    // as if those of the other kind did not exist
    for (const all of [agreeing, byDating.get("behind") ?? []]) {
      for (const [backup, decision] of judgeTogether(context, target, all)) decisions.set(backup, decision);
    }
    for (const backup of untrusted) {
      const unproven = { ...backup, provenAt: null };
      const decision = judgeTogether(context, target, [...agreeing, unproven]).get(unproven);
      if (decision) decisions.set(backup, decision);
    }
  }
  return backups.flatMap((backup) => decisions.get(backup) ?? []);
}

/** Decides about backups of one target that can displace each other. */
function judgeTogether(
  context: RuleContext,
  target: string,
  all: readonly RetentionBackup[],
): Map<RetentionBackup, RetentionDecision> {
  const decisions = new Map<RetentionBackup, RetentionDecision>();
  const ofTarget = factsOfTarget(all);
  for (const series of seriesOf(target, all, context.policy)) {
    series.newestFirst.forEach((backup, rank) =>
      decisions.set(backup, decide(context, { series, backup, rank, ofTarget }))
    );
  }
  return decisions;
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
