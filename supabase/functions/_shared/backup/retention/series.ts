/**
 * Backups of one target that can replace each other. A full backup is no substitute for a schema-only one, a safety
 * copy holds the content that a restore replaced, and a backup that a drill rejected replaces none.
 */
import { BackupError } from "../errors.ts";
import { SAFETY_LABEL } from "../label.ts";
import type { RetentionBackup, RetentionPolicy } from "./policy.ts";
import { type Period, PERIODS, periodStart } from "./periods.ts";

/** The backup that represents a period, and how many periods with backups are newer. */
interface Place {
  newest: RetentionBackup;
  rank: number;
}

export interface Series {
  isSafety: boolean;
  isRejected: boolean;
  /** The series that the daily schedule adds to. */
  isScheduled: boolean;
  newestFirst: readonly RetentionBackup[];
  /** By period, by the period's begin. */
  places: ReadonlyMap<Period, ReadonlyMap<number, Place>>;
}

/** The instant of a text. @throws {BackupError} for an invalid time: a backup without an age is not judged. */
export function instantOf(text: string): number {
  const instant = Date.parse(text);
  if (!Number.isNaN(instant)) return instant;
  throw new BackupError("internal_server_error", `Cannot judge retention: '${text}' is not a time`);
}

export function isSafetyCopy({ label, origin }: Pick<RetentionBackup, "label" | "origin">): boolean {
  return origin === "safety" || label === SAFETY_LABEL;
}

/** Splits one target's backups. */
export function seriesOf(
  target: string,
  backups: readonly RetentionBackup[],
  policy: RetentionPolicy,
): Series[] {
  const members = new Map<string, RetentionBackup[]>();
  for (const backup of backups) {
    const name = backup.rejectedAt !== null ? "rejected" : isSafetyCopy(backup) ? "safety" : backup.mode;
    const others = members.get(name);
    if (others) others.push(backup);
    else members.set(name, [backup]);
  }
  return [...members].map(([name, all]) => {
    const newestFirst = sortNewestFirst(all);
    return {
      isSafety: name === "safety",
      isRejected: name === "rejected",
      isScheduled: name === "full" && policy.scheduled.includes(target),
      newestFirst,
      places: new Map(PERIODS.map((period) => [period, placesOf(period, newestFirst)])),
    };
  });
}

/** Of the same second, the greater key counts as newer. */
export function sortNewestFirst(backups: readonly RetentionBackup[]): RetentionBackup[] {
  return backups.map((backup) => ({ backup, at: instantOf(backup.createdAt) }))
    .sort((a, b) => b.at - a.at || (a.backup.key < b.backup.key ? 1 : -1))
    .map(({ backup }) => backup);
}

function placesOf(period: Period, newestFirst: readonly RetentionBackup[]): Map<number, Place> {
  const places = new Map<number, Place>();
  for (const backup of newestFirst) {
    const start = periodStart(period, instantOf(backup.createdAt));
    if (!places.has(start)) places.set(start, { newest: backup, rank: places.size });
  }
  return places;
}
