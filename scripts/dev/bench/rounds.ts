/**
 * Rounds: each variant once, one after another with pauses, so that a slow minute of the machine affects all of them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { copySource, freshDatabase, type Place, settle, SOURCE } from "./place.ts";
import {
  backUpOld,
  backUpOurs,
  dumpDirectory,
  dumpRaw,
  restoreOld,
  restoreOurs,
  restoreParallel,
  restoreStream,
  TARGETS,
} from "./ways.ts";
import { runEngine } from "./engine_process.ts";

const PAUSE_MS = 1_500;

/** Seconds of one round, one number per variant. */
export interface Round {
  backup: { raw: number; ours: number; directory: number; old: number };
  restore: { parallel: number; ours: number; stream: number; old: number };
  /** Of our own processes, in MB. */
  peakMb: { backup: number; restore: number };
  /** Counts and fingerprint alone. */
  factsSeconds: number;
  /** From the first exclusive lock until COMMIT. */
  lockSeconds: number;
  /** After COMMIT: statistics, and the removal of the old content. */
  afterSeconds: number;
  /** Seconds of each phase of our restore. */
  phases: Record<string, number>;
  /** Errors that the old restore script ignored. */
  oldErrors: number;
  archive: { bytes: number; rawBytes: number; gzip: string };
}

/** @param log receives a line after every step */
export async function runRound(place: Place, log: (line: string) => void): Promise<Round> {
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<[number, T]> => {
    await settle(place);
    await sleep(PAUSE_MS, undefined, { signal: place.signal });
    const from = performance.now();
    const result = await work();
    const seconds = (performance.now() - from) / 1000;
    log(`${name}: ${seconds.toFixed(1)} s`);
    return [seconds, result];
  };
  const [raw] = await timed("backup, raw", () => dumpRaw(place));
  const [, ours] = await timed("backup, ours", () => backUpOurs(place));
  const [directory] = await timed("backup, -Fd -j2", () => dumpDirectory(place));
  const [old] = await timed("backup, old way", () => backUpOld(place));
  const facts = await runEngine(place, SOURCE, ["facts"]);

  await freshDatabase(place, TARGETS.fresh);
  const [parallel] = await timed("restore, -j2", () => restoreParallel(place));
  const [, restored] = await timed("restore, ours", () => restoreOurs(place, ours.answer.key));
  await freshDatabase(place, TARGETS.fresh);
  const [stream] = await timed("restore, -1", () => restoreStream(place));
  const [oldRestore, oldErrors] = await timed("restore, old way", () => restoreOld(place));

  const { entered, end } = restored.answer;
  const at = (phase: string) => {
    const seconds = entered[phase];
    if (seconds === undefined) throw new Error(`The restore did not report its phase '${phase}'`);
    return seconds;
  };
  const afterSeconds = end - at("analyze");
  return {
    backup: { raw, ours: ours.seconds, directory, old },
    restore: { parallel, ours: restored.seconds - afterSeconds, stream, old: oldRestore },
    peakMb: { backup: ours.peakMb, restore: restored.peakMb },
    factsSeconds: facts.answer.seconds,
    lockSeconds: at("analyze") - at("lock"),
    afterSeconds,
    phases: durations(entered, end),
    oldErrors,
    archive: { bytes: ours.answer.bytes, rawBytes: ours.answer.rawBytes, gzip: ours.answer.gzip },
  };
}

/** The targets of the restores: exact copies of the source. */
export async function prepareTargets(place: Place): Promise<void> {
  await copySource(place, TARGETS.ours);
  await copySource(place, TARGETS.old);
}

function durations(entered: Readonly<Record<string, number>>, end: number): Record<string, number> {
  const begins = Object.entries(entered).sort(([, a], [, b]) => a - b);
  return Object.fromEntries(begins.map(([name, begin], i) => [name, (begins[i + 1]?.[1] ?? end) - begin]));
}
