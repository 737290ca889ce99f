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
import { copySource, makeFresh, type Place, runEngine, settle, type Subject } from "./place.ts";
import { measureUsage, type Usage } from "./usage.ts";
import { measureWaits, type Waits } from "./waits.ts";

const PAUSE_MS = 1_500;

/** Ours beside PostgreSQL's own tools: seconds of one round, one number per way. */
export interface Round {
  backup: { raw: number; ours: number };
  restore: { parallel: number; ours: number };
  usage: { raw: Usage; backup: Usage; parallel: Usage; restore: Usage };
  /** Of our own processes, in MB. */
  peakMb: { backup: number; restore: number };
  /** From the first exclusive lock until COMMIT. */
  lockSeconds: number;
  /** Of a reader and a writer beside our restore. */
  waits: Waits;
  /** After COMMIT: statistics, and the removal of the old content. */
  afterSeconds: number;
  /** Seconds of each phase of our restore. */
  phases: Record<string, number>;
  archive: { key: string; bytes: number; rawBytes: number; gzip: string };
}

/** The other ways, once a round as well. */
export interface OtherWays {
  backup: { encrypted: number; directory: number; old: number };
  restore: { stream: number; old: number };
  /** Counts and fingerprint alone. */
  factsSeconds: number;
  /** Errors that the old restore script ignored. */
  oldErrors: number;
}

/** Times one step after everything that the previous one wrote is on disk. */
type Step = <T>(
  name: string,
  work: () => Promise<T>,
) => Promise<{ seconds: number; result: T; usage: Usage }>;

/**
 * Prepares what all rounds share: the targets that are copies of the source, and the archive that the plain tools
 * restore, of the project's own schemas.
 */
export async function prepareRounds(place: Place, subject: Subject): Promise<void> {
  const { dump, run, plain } = waysOf(place, subject);
  const without = PLATFORM_SCHEMAS.map((name) => `--exclude-schema=${name}`);
  await run(subject.source, [[...dump, "-Z0", ...without, `--file=${plain}`]]);
  await run(subject.source, [chooseGzip().compress], { input: plain, outputFile: `${plain}.gz` });
  await copySource(place, subject, subject.ours);
  await copySource(place, subject, subject.old);
}

/** @param log receives a line after every step */
export async function runRound(
  place: Place,
  subject: Subject,
  log: (line: string) => void,
): Promise<Round> {
  const { dump, run, restorePlain } = waysOf(place, subject);
  const step = stepsOf(place, log);
  const { source } = subject;
  const raw = await step("backup, raw", () => run(source, [[...dump, "-Z0"]], { outputFile: "/dev/null" }));
  const backup = await step("backup, ours", () => runEngine(place, source, "backup"));
  await makeFresh(place, subject);
  const parallel = await step("restore, -j2", () => restorePlain("-j2"));
  const restore = await step("restore, ours", () =>
    measureWaits(
      place.server.connection("postgres", subject.ours),
      () => runEngine(place, subject.ours, "restore", backup.result.key),
    ));
  const [restored, waits] = restore.result;

  const phases = durations(restored.entered, restored.end);
  const at = (phase: string) => {
    const seconds = restored.entered[phase];
    if (seconds === undefined) throw new Error(`The restore did not report its phase '${phase}'`);
    return seconds;
  };
  const afterSeconds = restored.end - at("cleanup");
  const { key, bytes, rawBytes, gzip } = backup.result;
  return {
    backup: { raw: raw.seconds, ours: backup.result.seconds },
    restore: { parallel: parallel.seconds, ours: restored.seconds - afterSeconds },
    usage: { raw: raw.usage, backup: backup.usage, parallel: parallel.usage, restore: restore.usage },
    peakMb: { backup: backup.result.peakMb, restore: restored.peakMb },
    lockSeconds: at("cleanup") - at("lock"),
    waits,
    afterSeconds,
    phases,
    archive: { key, bytes, rawBytes, gzip },
  };
}

/** The ways that are no reference. @param log receives a line after every step */
export async function runOtherWays(
  place: Place,
  subject: Subject,
  log: (line: string) => void,
): Promise<OtherWays> {
  const { dump, run, restorePlain, restoreOld, oldFile } = waysOf(place, subject);
  const step = stepsOf(place, log);
  const { source } = subject;
  const encrypted = await step("backup, ours, encrypted", () => runEngine(place, source, "encrypted"));
  const directoryFolder = join(place.folder, "directory");
  await rm(directoryFolder, { recursive: true, force: true });
  const directory = await step(
    "backup, -Fd -j2",
    () => run(source, [[place.binaries.path("pg_dump"), "-Fd", "-j2", `--file=${directoryFolder}`]]),
  );
  await rm(`${oldFile}.gz`, { force: true });
  const old = await step("backup, old way", async () => {
    await run(source, [[...dump, "--no-owner", "--no-privileges", `--file=${oldFile}`]]);
    await run(source, [["gzip", "-9", oldFile]]);
    await run(source, [["sha256sum", `${oldFile}.gz`]]);
  });
  const { factsSeconds } = await runEngine(place, source, "facts");
  await makeFresh(place, subject);
  const stream = await step("restore, -1", () => restorePlain("-1"));
  const oldRestore = await step("restore, old way", restoreOld);
  return {
    backup: { encrypted: encrypted.result.seconds, directory: directory.seconds, old: old.seconds },
    restore: { stream: stream.seconds, old: oldRestore.seconds },
    factsSeconds,
    oldErrors: oldRestore.result,
  };
}

function stepsOf(place: Place, log: (line: string) => void): Step {
  return async (name, work) => {
    await settle(place);
    await sleep(PAUSE_MS, undefined, { signal: place.signal });
    const from = performance.now();
    const [result, usage] = await measureUsage(place.postmaster, work);
    const seconds = (performance.now() - from) / 1000;
    log(`${name}: ${seconds.toFixed(1)} s`);
    return { seconds, result, usage };
  };
}

/** The programs of the compared ways. */
function waysOf({ binaries, folder, server, signal }: Place, { source, fresh, old }: Subject) {
  const oldFile = join(folder, `${source}_old.dump`);
  const plain = join(folder, `${source}_plain.dump`);
  const envOf = (database: string) => server.connection("postgres", database).env;
  const restore = (database: string): Stage => [
    binaries.path("pg_restore"),
    "--no-owner",
    `--dbname=${database}`,
  ];
  const run = (database: string, stages: Stage[], files: { input?: string; outputFile?: string } = {}) =>
    runPipeline(stages, { env: envOf(database), ...files, signal });
  /** The old script, over an existing copy. @returns the number of ignored errors. */
  const restoreOld = async (): Promise<number> => {
    const file = `${oldFile}.restored`;
    await run(old, [["gunzip", "-c"]], { input: `${oldFile}.gz`, outputFile: file });
    const stages: Stage[] = [[...restore(old), "--no-privileges", "--clean", "--if-exists", file]];
    const options = { env: envOf(old), outputFile: "/dev/null", signal };
    const end = await startPipeline(stages, options).ended;
    await rm(file);
    const ignored = /errors ignored on restore: (\d+)/.exec(end.stderr)?.[1];
    if (ignored === undefined && end.codes[0] !== 0) throw new Error(`${describeFailure(stages, end)}`);
    return Number(ignored ?? 0);
  };
  // the plain tools fail on the schemas of the platform, which exist already
  const onlyOurs: Stage = [...restore(fresh), "--schema=public", "--no-privileges"];
  /** Into the empty target, by parallel sessions from a file or in one transaction from a stream. */
  const restorePlain = (way: "-j2" | "-1") =>
    way === "-j2"
      ? run(fresh, [[...onlyOurs, way, plain]])
      : run(fresh, [chooseGzip().decompress, [...onlyOurs, way]], { input: `${plain}.gz` });
  const dump: Stage = [binaries.path("pg_dump"), "-Fc"];
  return { dump, run, restorePlain, restoreOld, oldFile, plain };
}

function durations(entered: Readonly<Record<string, number>>, end: number): Record<string, number> {
  const begins = Object.entries(entered).sort(([, a], [, b]) => a - b);
  return Object.fromEntries(begins.map(([name, begin], i) => [name, (begins[i + 1]?.[1] ?? end) - begin]));
}
