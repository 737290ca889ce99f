/**
 * Sixty days of sample history: a backup every night, a drill every Sunday, one night that failed, one without a run,
 * a labelled backup before a migration, one restore. Pure: clock and seed are parameters. Sizes and durations depend on
 * the seed and on how long ago something happened, never on the date.
 */
import { SAFETY_LABEL } from "@backup/label.ts";
import type { ErrorCode } from "@backup/messages.ts";
import { buildKeys, toUtcSecond } from "@backup/vault/object_key.ts";
import type { RunKind } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";

export const DAYS = 60;
/** Days before today. On a Sunday the event moves to the next day: the drill needs its backup. */
const FAILED = 17;
const GAP = 25;
const LABELLED = 12;
const RESTORED = 20;

const DAY_MS = 86_400_000;
const SUNDAY = 0;
const PERSON = "amostra@revo.exemplo.br";
const DAYS_OF_WEEK = 7;
const DEFAULT_SEED = 1;

export interface SampleBackup {
  target: Target;
  label: string | null;
  createdAt: Date;
  key: string;
  /** Fraction of today's data that the backup contains, 0 to 1. */
  share: number;
  durationMs: number;
  requestedBy: string;
  provenAt: Date | null;
}

export interface SampleRun {
  kind: RunKind;
  target: Target;
  label: string | null;
  key: string | null;
  status: "succeeded" | "failed";
  requestedBy: string;
  startedAt: Date;
  finishedAt: Date;
  failure: { phase: string; code: ErrorCode; message: string } | null;
  /** Key of the safety copy of a restore. */
  safetyKey: string | null;
}

export interface Story {
  /** Oldest first. */
  backups: SampleBackup[];
  runs: SampleRun[];
}

/**
 * The events that have ended by `now`. The same arguments return the same history.
 * @param seed changes sizes and durations, not the events
 */
export function createStory(now: Date, seed = DEFAULT_SEED): Story {
  const days = Array.from({ length: DAYS + 1 }, (_, day) => dayOf(now, DAYS - day, seed));
  const events = days.flatMap((day) => [...nightOf(day), ...extrasOf(day)]);
  const past = events.filter(({ run }) => run.finishedAt <= now);
  return {
    backups: past.flatMap(({ backup }) => backup === null ? [] : [withoutFutureProof(backup, now)]),
    runs: past.map(({ run }) => run),
  };
}

/** The backup's state at `now`: a drill that runs later has not proven it yet. */
function withoutFutureProof(backup: SampleBackup, now: Date): SampleBackup {
  return backup.provenAt !== null && backup.provenAt > now ? { ...backup, provenAt: null } : backup;
}

interface Day {
  /** Days before today. */
  ago: number;
  /** 00:00 UTC. */
  begin: Date;
  /** Whether an event planned for that many days ago happens on this day: on a Sunday it moves to the next day. */
  is(ago: number): boolean;
  /** A whole number from 0 to `limit`, pseudo-random and the same for the same `stream` and day. */
  vary(stream: number, limit: number): number;
  /** The same for each day of a week, whatever the weekday of today. */
  varyByWeek(stream: number, limit: number): number;
}

/** Streams of pseudo-random numbers: what varies independently. */
const STREAM = { nightStart: 0, drillStart: 1, drillDuration: 2, backupDuration: 7, size: 11 } as const;

interface Event {
  run: SampleRun;
  /** The backup that it stored. */
  backup: SampleBackup | null;
}

function dayOf(now: Date, ago: number, seed: number): Day {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const weekdayOf = (days: number) => new Date(today - days * DAY_MS).getUTCDay();
  return {
    ago,
    begin: new Date(today - ago * DAY_MS),
    is: (wanted) => ago === (weekdayOf(wanted) === SUNDAY ? wanted - 1 : wanted),
    vary: (stream, limit) => pseudoRandom(seed, stream, ago, limit),
    varyByWeek: (stream, limit) => pseudoRandom(seed, stream, Math.floor(ago / DAYS_OF_WEEK), limit),
  };
}

/** The scheduled backup at 03:10 UTC, and on Sundays its drill at 05:30 UTC. */
function nightOf(day: Day): Event[] {
  if (day.is(GAP)) return [];
  const startedAt = at(day, 3, 10, 8 + day.vary(STREAM.nightStart, 40));
  if (day.is(FAILED)) return [{ run: failedNight(startedAt), backup: null }];
  const isSunday = day.begin.getUTCDay() === SUNDAY;
  const drillStart = at(day, 5, 30, 20 + day.vary(STREAM.drillStart, 25));
  const drillEnd = new Date(drillStart.getTime() + 1000 * (180 + day.varyByWeek(STREAM.drillDuration, 45)));
  const night = backupEvent(day, { target: "prod", label: null, startedAt, requestedBy: "schedule" });
  if (!isSunday) return [night];
  const drill: SampleRun = {
    ...night.run,
    kind: "drill",
    key: night.backup.key,
    startedAt: drillStart,
    finishedAt: drillEnd,
  };
  const proven = { ...night.backup, provenAt: drillEnd };
  return [{ ...night, backup: proven }, { run: drill, backup: null }];
}

function failedNight(startedAt: Date): SampleRun {
  return {
    kind: "backup",
    target: "prod",
    label: null,
    key: null,
    status: "failed",
    requestedBy: "schedule",
    startedAt,
    finishedAt: new Date(startedAt.getTime() + 31_000),
    failure: {
      phase: "connect",
      code: "database_unreachable",
      message: "Cannot connect to the database: timeout expired",
    },
    safetyKey: null,
  };
}

/** Runs that users requested, by day. */
function extrasOf(day: Day): Event[] {
  if (day.is(LABELLED)) {
    const startedAt = at(day, 20, 41, 12);
    return [
      backupEvent(day, { target: "prod", label: "antes-da-migracao", startedAt, requestedBy: PERSON }),
    ];
  }
  return day.is(RESTORED) ? restoreIntoDev(day) : [];
}

function restoreIntoDev(day: Day): Event[] {
  const startedAt = at(day, 14, 5, 33);
  const copyAt = at(day, 14, 5, 47);
  const copy = backupEvent(day, {
    target: "dev",
    label: SAFETY_LABEL,
    startedAt: copyAt,
    requestedBy: PERSON,
  });
  const [night] = nightOf(day);
  if (!night?.backup) return [];
  const run: SampleRun = {
    ...copy.run,
    kind: "restore",
    label: null,
    key: night.backup.key,
    startedAt,
    finishedAt: at(day, 14, 7, 21),
    safetyKey: copy.backup.key,
  };
  return [{ run, backup: copy.backup }];
}

function backupEvent(
  day: Day,
  about: { target: Target; label: string | null; startedAt: Date; requestedBy: string },
): Event & { backup: SampleBackup } {
  const { target, label, startedAt, requestedBy } = about;
  const durationMs = 34_000 + day.vary(STREAM.backupDuration, 15_000);
  const finishedAt = new Date(startedAt.getTime() + durationMs);
  const key = buildKeys({ target, createdAtUtc: toUtcSecond(startedAt), label }).archive;
  const growth = 1 - day.ago * 0.0021 + day.vary(STREAM.size, 8) / 1000;
  return {
    backup: {
      target,
      label,
      createdAt: startedAt,
      key,
      share: Math.min(1, growth) * (target === "dev" ? 0.4 : 1),
      durationMs,
      requestedBy,
      provenAt: null,
    },
    run: {
      kind: "backup",
      target,
      label,
      key,
      status: "succeeded",
      requestedBy,
      startedAt,
      finishedAt,
      failure: null,
      safetyKey: null,
    },
  };
}

function at(day: Day, hour: number, minute: number, second: number): Date {
  return new Date(day.begin.getTime() + ((hour * 60 + minute) * 60 + second) * 1000);
}

/** The fraction of a scaled sine, as shaders use it. */
function pseudoRandom(seed: number, stream: number, index: number, limit: number): number {
  const wave = Math.sin((seed * 101 + stream * 67 + index) * 12.9898) * 43_758.5453;
  return Math.floor((wave - Math.floor(wave)) * limit);
}
