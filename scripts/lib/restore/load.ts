/** Brings a pass of an archive into the open transaction of a restore. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BackupError } from "@backup/errors.ts";
import type { LoadPass } from "../archive/load_passes.ts";
import { inBatches } from "../archive/statement_batches.ts";
import {
  describeFailure,
  ignoreBrokenPipe,
  type PipelineEnd,
  type PipelineInput,
  runPipeline,
  type Stage,
  startPipeline,
} from "../process/pipeline.ts";
import { noRoomHere } from "./failure.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Gzip } from "../process/gzip.ts";
import type { Progress } from "../run/progress.ts";

export interface LoadDeps {
  tools: ClientTools;
  gzip: Gzip;
  progress: Progress;
  signal?: AbortSignal;
}

/** Runs the statements of a pass. */
export type RunStatements = (sql: string, onLine: (line: string) => void) => Promise<unknown>;

/** The line that psql prints after the rows of a table. */
const COPIED = /^COPY (\d+)$/;

/** Changes to the lines of passes that hold no rows. */
const FILTERS: Partial<Record<LoadPass["name"], string>> = {
  // pg_restore wraps large objects in a transaction of their own; this transaction must stay open
  large_objects: "/^BEGIN;$/d;/^COMMIT;$/d",
  // a privilege that its grantee passed on: the role of the restore may act for it without being a superuser
  privileges:
    "s/^SET SESSION AUTHORIZATION \\(.*\\);$/SET LOCAL ROLE \\1;/;s/^RESET SESSION AUTHORIZATION;$/RESET ROLE;/",
};

/** In others a backslash may be a part of a letter. */
const IN_UTF8 = /^SET client_encoding = 'UTF8';$/m;

/**
 * Writes the statements of entries without rows into a file, which needs no lock on the target.
 * @returns what runs them
 * @throws {BackupError} `archive_corrupt` when the archive could not be read to its end.
 */
export async function prepare(
  deps: LoadDeps,
  folder: string,
  archive: PipelineInput,
  pass: LoadPass,
): Promise<string> {
  const file = join(folder, `${pass.name}.sql`);
  const stages = await stagesOf(deps, folder, pass);
  const ended = await startPipeline(stages, { input: archive, outputFile: file, signal: deps.signal })
    .ended;
  deps.signal?.throwIfAborted();
  requireWhole(stages, ended);
  // each byte stays as it is
  const text = await readFile(file, "latin1");
  if (IN_UTF8.test(text)) await writeFile(file, inBatches(text), "latin1");
  return `\\i ${file}`;
}

/**
 * psql reads a FIFO that pg_restore writes.
 * @param run of the session with the open transaction
 * @param folder for the list of entries and the FIFO
 * @param rowsBefore rows that are loaded already
 * @throws {BackupError} `archive_corrupt` when the archive could not be read to its end.
 */
export async function load(
  deps: LoadDeps,
  run: RunStatements,
  folder: string,
  archive: PipelineInput,
  pass: LoadPass,
  rowsBefore = 0,
): Promise<void> {
  const fifo = join(folder, `${pass.name}.fifo`);
  await runPipeline([["mkfifo", fifo]]);
  const stages = await stagesOf(deps, folder, pass);
  const pipeline = startPipeline(stages, { input: archive, outputFile: fifo, signal: deps.signal });
  try {
    let rows = rowsBefore;
    await run(`\\set QUIET off\n\\i ${fifo}\n\\set QUIET on`, (line) => {
      const copied = COPIED.exec(line)?.[1];
      if (copied !== undefined) deps.progress.rows?.(rows += Number(copied));
    });
  } catch (error) {
    pipeline.kill();
    await pipeline.ended;
    throw error;
  }
  requireWhole(stages, await pipeline.ended);
}

async function stagesOf(
  { gzip, tools }: LoadDeps,
  folder: string,
  { name, dumpIds }: LoadPass,
): Promise<Stage[]> {
  const list = join(folder, `${name}.list`);
  await writeFile(list, dumpIds.map((id) => `${id};\n`).join(""));
  const filter = FILTERS[name];
  return [
    gzip.decompress,
    [tools.pgRestore, "--file=-", "--no-owner", `--use-list=${list}`],
    ...(filter === undefined ? [] : [["sed", filter] as const]),
  ];
}

function requireWhole(stages: readonly Stage[], ended: PipelineEnd): void {
  const failure = describeFailure(stages, ignoreBrokenPipe(ended));
  if (failure === null) return;
  if (/No space left on device/.test(failure)) throw noRoomHere(failure, "statements");
  throw new BackupError("archive_corrupt", `Cannot read the archive to its end: ${failure}`);
}
