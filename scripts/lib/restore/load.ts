/** Streams a pass of an archive into the open transaction of a restore. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BackupError } from "@backup/errors.ts";
import type { LoadPass } from "../archive/load_passes.ts";
import {
  describeFailure,
  ignoreBrokenPipe,
  type PipelineInput,
  runPipeline,
  type Stage,
  startPipeline,
} from "../process/pipeline.ts";
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
  { name, dumpIds }: LoadPass,
  rowsBefore = 0,
): Promise<void> {
  const [list, fifo] = [join(folder, `${name}.list`), join(folder, `${name}.fifo`)];
  await writeFile(list, dumpIds.map((id) => `${id};\n`).join(""));
  await runPipeline([["mkfifo", fifo]]);
  const filter = FILTERS[name];
  const stages: Stage[] = [
    deps.gzip.decompress,
    [deps.tools.pgRestore, "--file=-", "--no-owner", `--use-list=${list}`],
    ...(filter === undefined ? [] : [["sed", filter] as const]),
  ];
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
  const failure = describeFailure(stages, ignoreBrokenPipe(await pipeline.ended));
  if (failure !== null) {
    throw new BackupError("archive_corrupt", `Cannot read the archive to its end: ${failure}`);
  }
}
