/** The compared ways to back up and to restore. Each call performs one of them once. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import { describeFailure, runPipeline, type Stage, startPipeline } from "../../lib/process/pipeline.ts";
import { chooseGzip } from "../../lib/process/gzip.ts";
import { type EngineRun, runEngine } from "./engine_process.ts";
import { type Place, SOURCE } from "./place.ts";

/** Target databases of restores. */
export const TARGETS = { fresh: "fresh", ours: "copy_ours", old: "copy_old" } as const;

/**
 * The plain tools fail without this selection: the other schemas of a project belong to the platform and exist
 * already.
 */
const ONLY_OURS = ["--schema=public", "--no-privileges"] as const;

/** pg_dump at its fastest, to /dev/null: the lower bound of every backup. */
export async function dumpRaw(place: Place): Promise<void> {
  await run(place, SOURCE, [tool(place, "pg_dump"), "-Fc", "-Z0"], "/dev/null");
}

export async function backUpOurs(place: Place): Promise<EngineRun> {
  return await runEngine(place, SOURCE, ["backup"]);
}

/** The old script: three steps, one after another. */
export async function backUpOld(place: Place): Promise<void> {
  const file = join(place.folder, "old.dump");
  await rm(`${file}.gz`, { force: true });
  await run(place, SOURCE, [
    tool(place, "pg_dump"),
    "-Fc",
    "--no-owner",
    "--no-privileges",
    `--file=${file}`,
  ]);
  await run(place, SOURCE, ["gzip", "-9", file]);
  await run(place, SOURCE, ["sha256sum", `${file}.gz`]);
}

export async function dumpDirectory(place: Place): Promise<void> {
  const folder = join(place.folder, "directory");
  await rm(folder, { recursive: true, force: true });
  await run(place, SOURCE, [tool(place, "pg_dump"), "-Fd", "-j2", `--file=${folder}`]);
}

/** The archive that the plain tools restore, of the project's own schemas. */
export async function makePlainArchive(place: Place): Promise<void> {
  const without = PLATFORM_SCHEMAS.map((name) => `--exclude-schema=${name}`);
  const file = plainArchive(place);
  await run(place, SOURCE, [tool(place, "pg_dump"), "-Fc", "-Z0", ...without, `--file=${file}`]);
  await run(place, SOURCE, chooseGzip().compress, `${file}.gz`, file);
}

export async function restoreParallel(place: Place): Promise<void> {
  await run(place, TARGETS.fresh, [
    ...pgRestore(place, TARGETS.fresh),
    ...ONLY_OURS,
    "-j2",
    plainArchive(place),
  ]);
}

/** One transaction, without checks. */
export async function restoreStream(place: Place): Promise<void> {
  const stages: Stage[] = [chooseGzip().decompress, [...pgRestore(place, TARGETS.fresh), ...ONLY_OURS, "-1"]];
  const { env } = place.server.connection("postgres", TARGETS.fresh);
  await runPipeline(stages, { env, inputFile: `${plainArchive(place)}.gz`, signal: place.signal });
}

export async function restoreOurs(place: Place, key: string): Promise<EngineRun> {
  return await runEngine(place, TARGETS.ours, ["restore", key]);
}

/** The old script, over an existing copy. @returns the number of ignored errors. */
export async function restoreOld(place: Place): Promise<number> {
  const file = join(place.folder, "old.restore.dump");
  await run(place, TARGETS.old, ["gunzip", "-c"], file, join(place.folder, "old.dump.gz"));
  const stages: Stage[] = [[
    ...pgRestore(place, TARGETS.old),
    "--no-privileges",
    "--clean",
    "--if-exists",
    file,
  ]];
  const { env } = place.server.connection("postgres", TARGETS.old);
  const end = await startPipeline(stages, { env, outputFile: "/dev/null", signal: place.signal }).ended;
  await rm(file);
  const ignored = /errors ignored on restore: (\d+)/.exec(end.stderr)?.[1];
  if (ignored === undefined && end.codes[0] !== 0) throw new Error(`${describeFailure(stages, end)}`);
  return Number(ignored ?? 0);
}

function plainArchive(place: Place): string {
  return join(place.folder, "plain.dump");
}

function pgRestore(place: Place, database: string): Stage {
  return [tool(place, "pg_restore"), "--no-owner", `--dbname=${database}`];
}

function tool(place: Place, name: string): string {
  return place.binaries.path(name);
}

async function run(
  { server, signal }: Place,
  database: string,
  stage: Stage,
  outputFile?: string,
  inputFile?: string,
): Promise<void> {
  await runPipeline([stage], {
    env: server.connection("postgres", database).env,
    outputFile,
    inputFile,
    signal,
  });
}
