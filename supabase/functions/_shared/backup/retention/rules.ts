/** The rules of retention, each with its end; {@link planRetention} combines them. */
import type {
  DropReason,
  KeepReason,
  RetentionBackup,
  RetentionDecision,
  RetentionFacts,
  RetentionPolicy,
} from "./policy.ts";
import { endOfPlace, endOfRank, endOfSlot, nextProofOver, type Routine, routineAfter } from "./forecast.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../service_levels.ts";
import { type Period, PERIODS, periodStart, slotStart } from "./periods.ts";
import { instantOf, isSafetyCopy, type Series, sortNewestFirst } from "./series.ts";

/** The last instant whose year has four digits. */
const LATEST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59);

export interface RuleContext {
  policy: RetentionPolicy;
  now: number;
  facts: RetentionFacts;
}

export interface Subject {
  series: Series;
  backup: RetentionBackup;
  /** How many of its series are newer. */
  rank: number;
  ofTarget: TargetFacts;
}

/** What the rules need to know of a target. */
export interface TargetFacts {
  newestProven: RetentionBackup | null;
  /** When its newest backup of any kind was created, rejected ones excepted; `-Infinity` without one. */
  newestAt: number;
  /** The same for full backups that are no safety copies. */
  newestFullAt: number;
}

export function factsOfTarget(backups: readonly RetentionBackup[]): TargetFacts {
  const counting = backups.filter(({ rejectedAt }) => rejectedAt === null);
  const newest = (among: readonly RetentionBackup[]) =>
    Math.max(...among.map(({ createdAt }) => instantOf(createdAt)));
  return {
    newestProven: newestProven(backups),
    newestAt: newest(counting),
    newestFullAt: newest(counting.filter(isOrdinary)),
  };
}

/** A proof of a safety copy or of a schema-only backup counts only if there is no better one. */
function newestProven(backups: readonly RetentionBackup[]): RetentionBackup | null {
  const proven = sortNewestFirst(backups.filter(({ provenAt }) => provenAt !== null));
  return proven.find(isOrdinary) ?? proven[0] ?? null;
}

function isOrdinary(backup: RetentionBackup): boolean {
  return backup.mode === "full" && !isSafetyCopy(backup);
}

export function decide(context: RuleContext, subject: Subject): RetentionDecision {
  const { backup } = subject;
  const rules = [...standingRules(context, subject), ...countingRules(context, subject)];
  const keep = rules.length > 0;
  const ends = rules.map(({ until }) => until);
  const last = ends.includes(null) ? null : Math.max(...ends.map(Number));
  const deleteAfter = keep ? last : context.now;
  return {
    key: backup.key,
    keep,
    reasons: keep ? rules.map(({ code }) => code) : [dropReason(subject)],
    deleteAfter: toIso(deleteAfter),
    rules: rules.map(({ code, until }) => ({ code, until: toIso(until) })),
    holdReason: backup.holdReason,
  };
}

const toIso = (instant: number | null) => instant === null ? null : new Date(instant).toISOString();

interface Rule {
  code: KeepReason;
  until: number | null;
}

/** Rules that do not count backups. */
function standingRules({ policy, now, facts }: RuleContext, subject: Subject): Rule[] {
  const { backup } = subject;
  const held = heldUntil(backup.holdUntil);
  const grownUp = instantOf(backup.createdAt) + policy.youngMinutes * MINUTE_MS;
  return [
    ...held > now ? [{ code: "hold", until: held } as const] : [],
    ...facts.inUse.has(backup.key) ? [{ code: "in_use", until: null } as const] : [],
    ...grownUp > now ? [{ code: "young", until: grownUp } as const] : [],
    ...subject.series.isRejected ? evidenceRules(policy, now, subject) : proofRules(policy, now, subject),
  ];
}

/** A hold whose end is no time that programs know is kept for as long as a hold may last: it does not stop the others. */
function heldUntil(holdUntil: string | null): number {
  if (holdUntil === null) return 0;
  const end = Date.parse(holdUntil);
  return Number.isNaN(end) ? LATEST_INSTANT : end;
}

/** A rejected backup is evidence for a while, and until there is a newer full backup that was not rejected. */
function evidenceRules(policy: RetentionPolicy, now: number, { backup, ofTarget }: Subject): Rule[] {
  if (ofTarget.newestFullAt < instantOf(backup.createdAt)) return [{ code: "evidence", until: null }];
  const until = instantOf(backup.rejectedAt ?? backup.createdAt) + policy.evidenceDays * DAY_MS;
  return until > now ? [{ code: "evidence", until }] : [];
}

/** The newest proven backup and all newer ones; before the first proof, everything that a drill could prove. */
function proofRules(policy: RetentionPolicy, now: number, { backup, ofTarget }: Subject): Rule[] {
  const scheduled = policy.scheduled.includes(backup.target);
  const createdAt = instantOf(backup.createdAt);
  const until = scheduled ? nextProofOver(routineAfter(now), createdAt, ofTarget.newestAt) : null;
  const anchor = ofTarget.newestProven;
  if (anchor === null) return scheduled ? [{ code: "none_proven", until }] : [];
  if (backup === anchor) return [{ code: "newest_proven", until }];
  return createdAt >= instantOf(anchor.createdAt) ? [{ code: "newer_than_proven", until }] : [];
}

function countingRules({ policy, now }: RuleContext, subject: Subject): Rule[] {
  const { series, rank } = subject;
  if (series.isRejected) return [];
  if (series.isSafety) return rank < policy.safety ? [{ code: "safety", until: null }] : [];
  const routine = series.isScheduled ? routineAfter(now) : null;
  const minimum = Math.max(policy.minimum, 1);
  const few: Rule = { code: "minimum", until: routine && endOfRank(routine, rank, minimum) };
  return [
    ...rank < minimum ? [few] : [],
    ...recentRule(policy.recentHours, routine, subject),
    ...PERIODS.flatMap((period) => periodRule(policy[period], period, routine, subject)),
  ];
}

/** The newest of each slot of the hours before the newest backup. */
function recentRule(hours: number, routine: Routine | null, { series, backup, rank }: Subject): Rule[] {
  const slotOf = (each: RetentionBackup) => slotStart(instantOf(each.createdAt));
  const [start, newer, newest] = [backup, series.newestFirst[rank - 1], series.newestFirst[0]].map((each) =>
    each && slotOf(each)
  );
  if (start === undefined || newest === undefined) return [];
  if (start === newer || newest - start >= hours * HOUR_MS) return [];
  return [{ code: "recent", until: routine && endOfSlot(routine, start, hours) }];
}

function periodRule(
  count: number,
  period: Period,
  routine: Routine | null,
  { series, backup }: Subject,
): Rule[] {
  const start = periodStart(period, instantOf(backup.createdAt));
  const place = series.places.get(period)?.get(start);
  if (place?.newest !== backup || place.rank >= count) return [];
  const newestStart = periodStart(period, instantOf(series.newestFirst[0]?.createdAt ?? backup.createdAt));
  const until = routine && endOfPlace(routine, { period, start, rank: place.rank, count, newestStart });
  return [{ code: period, until }];
}

function dropReason({ series, backup }: Subject): DropReason {
  if (series.isRejected) return "rejected";
  if (series.isSafety) return "safety_expired";
  const day = series.places.get("daily")?.get(periodStart("daily", instantOf(backup.createdAt)));
  return day?.newest === backup ? "expired" : "superseded";
}
