/**
 * Rounds: each way to back up and to restore once, one after another with pauses, so that a slow minute of the machine
 * affects all of them.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import { chooseGzip } from "../../lib/process/gzip.ts";
import { describeFailure, runPipeline, type Stage, startPipeline } from "../../lib/process/pipeline.ts";
import { measureWaits, type Waits } from "./waits.ts";
import { copySource, makeFresh, type Place, runEngine, settle, SOURCE, TARGETS } from "./place.ts";

const PAUSE_MS = 1_500;

/** Seconds of one round, one number per way. */
export interface Round {
  backup: { raw: number; ours: number; encrypted: number; directory: number; old: number };
  restore: { parallel: number; ours: number; stream: number; old: number };
  /** Of our own processes, in MB. */
  peakMb: { backup: number; restore: number };
  /** Counts and fingerprint alone. */
  factsSeconds: number;
  /** From the first exclusive lock until COMMIT. */
  lockSeconds: number;
  /** Of a reader and a writer beside our restore. */
  waits: Waits;
  /** After COMMIT: statistics, and the removal of the old content. */
  afterSeconds: number;
  /** Seconds of each phase of our restore. */
  phases: Record<string, number>;
  /** Errors that the old restore script ignored. */
  oldErrors: number;
  archive: { bytes: number; rawBytes: number; gzip: string };
}

/**
 * Prepares what all rounds share: the targets that are copies of the source, and the archive that the plain tools
 * restore, of the project's own schemas.
 */
export async function prepareRounds(place: Place): Promise<void> {
  const { dump, run, plain } = waysOf(place);
  const without = PLATFORM_SCHEMAS.map((name) => `--exclude-schema=${name}`);
  await run(SOURCE, [[...dump, "-Z0", ...without, `--file=${plain}`]]);
  await run(SOURCE, [chooseGzip().compress], { inputFile: plain, outputFile: `${plain}.gz` });
  await copySource(place, TARGETS.ours);
  await copySource(place, TARGETS.old);
}

/** @param log receives a line after every step */
export async function runRound(place: Place, log: (line: string) => void): Promise<Round> {
  const { dump, restore, run, plain, oldFile, restoreOld } = waysOf(place);
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<[number, T]> => {
    await settle(place);
    await sleep(PAUSE_MS, undefined, { signal: place.signal });
    const from = performance.now();
    const result = await work();
    const seconds = (performance.now() - from) / 1000;
    log(`${name}: ${seconds.toFixed(1)} s`);
    return [seconds, result];
  };

  const [raw] = await timed(
    "backup, raw",
    () => run(SOURCE, [[...dump, "-Z0"]], { outputFile: "/dev/null" }),
  );
  const [, ours] = await timed("backup, ours", () => runEngine(place, SOURCE, "backup"));
  const [, encrypted] = await timed("backup, ours, encrypted", () => runEngine(place, SOURCE, "encrypted"));
  const directoryFolder = join(place.folder, "directory");
  await rm(directoryFolder, { recursive: true, force: true });
  const [directory] = await timed(
    "backup, -Fd -j2",
    () => run(SOURCE, [[place.binaries.path("pg_dump"), "-Fd", "-j2", `--file=${directoryFolder}`]]),
  );
  await rm(`${oldFile}.gz`, { force: true });
  const [old] = await timed("backup, old way", async () => {
    await run(SOURCE, [[...dump, "--no-owner", "--no-privileges", `--file=${oldFile}`]]);
    await run(SOURCE, [["gzip", "-9", oldFile]]);
    await run(SOURCE, [["sha256sum", `${oldFile}.gz`]]);
  });
  const { factsSeconds } = await runEngine(place, SOURCE, "facts");

  // the plain tools fail on the schemas of the platform, which exist already
  const onlyOurs: Stage = [...restore(TARGETS.fresh), "--schema=public", "--no-privileges"];
  await makeFresh(place);
  const [parallel] = await timed("restore, -j2", () => run(TARGETS.fresh, [[...onlyOurs, "-j2", plain]]));
  const [, [restored, waits]] = await timed(
    "restore, ours",
    () =>
      measureWaits(
        place.server.connection("postgres", TARGETS.ours),
        () => runEngine(place, TARGETS.ours, "restore", ours.key),
      ),
  );
  await makeFresh(place);
  const [stream] = await timed(
    "restore, -1",
    () => run(TARGETS.fresh, [chooseGzip().decompress, [...onlyOurs, "-1"]], { inputFile: `${plain}.gz` }),
  );
  const [oldRestore, oldErrors] = await timed("restore, old way", restoreOld);

  const phases = durations(restored.entered, restored.end);
  const at = (phase: string) => {
    const seconds = restored.entered[phase];
    if (seconds === undefined) throw new Error(`The restore did not report its phase '${phase}'`);
    return seconds;
  };
  const afterSeconds = restored.end - at("analyze");
  return {
    backup: { raw, ours: ours.seconds, encrypted: encrypted.seconds, directory, old },
    restore: { parallel, ours: restored.seconds - afterSeconds, stream, old: oldRestore },
    peakMb: { backup: ours.peakMb, restore: restored.peakMb },
    factsSeconds,
    lockSeconds: at("cleanup") - at("lock"),
    waits,
    afterSeconds,
    phases,
    oldErrors,
    archive: { bytes: ours.bytes, rawBytes: ours.rawBytes, gzip: ours.gzip },
  };
}

/** The programs of the compared ways. */
function waysOf({ binaries, folder, server, signal }: Place) {
  const oldFile = join(folder, "old.dump");
  const envOf = (database: string) => server.connection("postgres", database).env;
  const restore = (database: string): Stage => [
    binaries.path("pg_restore"),
    "--no-owner",
    `--dbname=${database}`,
  ];
  const run = (database: string, stages: Stage[], files: { inputFile?: string; outputFile?: string } = {}) =>
    runPipeline(stages, { env: envOf(database), ...files, signal });
  /** The old script, over an existing copy. @returns the number of ignored errors. */
  const restoreOld = async (): Promise<number> => {
    const file = `${oldFile}.restored`;
    await run(TARGETS.old, [["gunzip", "-c"]], { inputFile: `${oldFile}.gz`, outputFile: file });
    const stages: Stage[] = [[...restore(TARGETS.old), "--no-privileges", "--clean", "--if-exists", file]];
    const options = { env: envOf(TARGETS.old), outputFile: "/dev/null", signal };
    const end = await startPipeline(stages, options).ended;
    await rm(file);
    const ignored = /errors ignored on restore: (\d+)/.exec(end.stderr)?.[1];
    if (ignored === undefined && end.codes[0] !== 0) throw new Error(`${describeFailure(stages, end)}`);
    return Number(ignored ?? 0);
  };
  const dump: Stage = [binaries.path("pg_dump"), "-Fc"];
  return {
    dump,
    restore,
    run,
    restoreOld,
    oldFile,
    plain: join(folder, "plain.dump"),
  };
}

function durations(entered: Readonly<Record<string, number>>, end: number): Record<string, number> {
  const begins = Object.entries(entered).sort(([, a], [, b]) => a - b);
  return Object.fromEntries(begins.map(([name, begin], i) => [name, (begins[i + 1]?.[1] ?? end) - begin]));
}
