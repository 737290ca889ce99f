/**
 * The stage of a restore: schemas beside the living content, into which most rows are loaded and their keys and indexes
 * built while everybody works. Only the restore uses them; the restore's transaction moves their tables into
 * place. A stage without its restore is a leftover: the next backup or restore of the database drops it.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { toBackupError } from "@backup/errors.ts";
import { openArchive } from "../archive/archive_toc.ts";
import { inBatches } from "../archive/statement_batches.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import { literal } from "../postgres/sql_text.ts";
import type { Gzip } from "../process/gzip.ts";
import { startPipeline } from "../process/pipeline.ts";
import { withTemporaryFolder } from "../process/temporary_folder.ts";
import type { Progress } from "../run/progress.ts";
import type { FetchedArchive } from "../vault/fetch_backup.ts";
import { explainOnTarget, noRoomHere } from "./failure.ts";
import { restoreSql } from "./restore_sql.ts";
import { requireSameToc, uncompressed, withHead } from "./stage_archive.ts";
import { batchesOf, loadRows, makeTables } from "./stage_content.ts";
import { planStage, STAGE_PREFIX, type StageOrder, type StagePlan } from "./stage_plan.ts";
import { openSessions, type StageSessions } from "./stage_sessions.ts";
import { stagedName, swapStatements } from "./stage_swap.ts";

export interface StageDeps extends StageSessions {
  gzip: Gzip;
  progress: Progress;
}

/** The archive to load. */
export interface LoadSource {
  archive: FetchedArchive;
  /** Its bytes without compression; `null` when the manifest does not tell. */
  rawBytes: number | null;
}

/** What the transaction takes from a stage. */
export interface LoadedStage {
  /** What is left of the archive: its table of contents with the blocks that are not staged. */
  archiveFile: string;
  /** Entries that the transaction does not load. */
  dumpIds: ReadonlySet<number>;
  /** Its tables, as SQL names them. */
  tables: readonly string[];
  /** Moves them into the place of the old ones. */
  swapIn: string;
  /** Gives them the defaults that need the rest of the archive's structure; may be empty. */
  addDefaults: string;
  /** Rows in it. */
  rows: number;
}

/** How long a failed restore tries to drop its stage, in milliseconds. */
const DROP_LIMIT_MS = 5_000;

/**
 * Loads what can be staged, then runs `work`.
 * @throws {BackupError} the first error, with the phase `stage` or `build`; that of `work`. The stage is dropped then.
 */
export async function withStage<T>(
  deps: StageDeps,
  order: StageOrder & LoadSource,
  work: (stage: LoadedStage | null) => Promise<T>,
): Promise<T> {
  await dropStages(deps.connection, STAGE_PREFIX, deps.signal).catch((error) => {
    throw toBackupError(error).inPhase("stage");
  });
  const id = randomBytes(4).toString("hex");
  const plan = planStage(order, id);
  if (plan.tables.length === 0 && !order.archive.isLocal) {
    throw noRoomHere("nothing of it can be loaded beside the content", "stage");
  }
  if (plan.tables.length === 0) return await work(null);
  return await withTemporaryFolder("stage", async (folder) => {
    let phase = "";
    const enter = (name: string) => deps.progress.phase(phase = name);
    enter("stage");
    try {
      const stage = await load(deps, order, plan, folder, () => enter("build")).catch(async (error) => {
        throw await explainOnTarget(deps.connection, error, phase);
      });
      return await work(stage);
    } catch (error) {
      // after a signal too; what cannot be dropped now is dropped by the next command. Another restore may be at work
      // already: only this stage is dropped.
      await dropStages(deps.connection, `${STAGE_PREFIX}${id}_`, AbortSignal.timeout(DROP_LIMIT_MS)).catch((
        left,
      ) => deps.progress.log(`stage: ${toBackupError(left).message}`));
      throw error;
    }
  });
}

/** Drops the schemas of a prefix, few objects a transaction. With the lock of the target, no other restore uses one. */
export async function dropStages(
  connection: Connection,
  prefix: string,
  signal?: AbortSignal,
): Promise<void> {
  const session = await Session.open({ connection, signal });
  try {
    const statements = await session.run(
      (await restoreSql("stage_drop.sql")).replaceAll(":prefix", literal(prefix)),
    );
    for (const batch of batchesOf(statements)) await session.each(batch);
  } finally {
    await session.kill();
  }
}

/** @param onRows is called when all rows are loaded */
async function load(
  deps: StageDeps,
  source: StageOrder & LoadSource,
  plan: StagePlan,
  folder: string,
  onRows: () => void,
): Promise<LoadedStage> {
  const sessions: Session[] = [];
  try {
    await openSessions(deps, sessions);
    const rest = join(folder, "rest.dump.gz");
    const rows = await loadAll(deps, source, plan, sessions, rest, onRows);
    return {
      archiveFile: rest,
      dumpIds: plan.dumpIds,
      tables: plan.tables.map((table) => stagedName(plan, table)),
      swapIn: await swapStatements(plan),
      addDefaults: inBatches(plan.tables.flatMap(({ defaults }) => defaults).join("\n")),
      rows,
    };
  } finally {
    await Promise.all(sessions.map((session) => session.kill()));
  }
}

/** @returns the rows that were loaded */
async function loadAll(
  { gzip, progress, signal }: StageDeps,
  { archive: stored, rawBytes, toc }: LoadSource & Pick<StageOrder, "toc">,
  plan: StagePlan,
  sessions: readonly Session[],
  rest: string,
  onRows: () => void,
): Promise<number> {
  const source = startPipeline([gzip.decompress], { input: stored.open(), isWide: true, signal });
  try {
    const bytes = uncompressed(source, gzip.decompress, signal);
    const { chunks, head } = withHead(bytes, (done) => progress.bytes(done, rawBytes));
    const archive = await openArchive(chunks);
    requireSameToc(archive.toc, toc);
    await makeTables(plan, sessions);
    return await loadRows(archive, plan, sessions, {
      head: head(archive.reader.offset),
      rest,
      progress,
      onRows,
      stop: source.kill,
    });
  } finally {
    source.kill();
  }
}
