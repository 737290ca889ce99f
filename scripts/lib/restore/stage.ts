/**
 * The stage of a restore: schemas beside the living content, into which most rows are loaded and their keys and indexes
 * built while everybody works. Only the restore uses them; the restore's transaction moves their tables into
 * place. A stage without its restore is a leftover: the next restore of the database drops it.
 */
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import { createGzip } from "node:zlib";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { readBlocks } from "../archive/archive_data.ts";
import { type ArchiveToc, type OpenArchive, openArchive } from "../archive/archive_toc.ts";
import { inBatches } from "../archive/statement_batches.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import type { Gzip } from "../process/gzip.ts";
import { describeFailure, type Pipeline, type Stage, startPipeline } from "../process/pipeline.ts";
import { withTemporaryFolder } from "../process/temporary_folder.ts";
import type { Progress } from "../run/progress.ts";
import { explainOnTarget } from "./failure.ts";
import { restoreSql } from "./restore_sql.ts";
import { Builders } from "./stage_builds.ts";
import type { FetchedArchive } from "../vault/fetch_backup.ts";
import { planStage, STAGE_PREFIX, type StageOrder, type StagePlan } from "./stage_plan.ts";
import type { StagedText } from "./staged_text.ts";
import { RowLoaders, wholeRows } from "./stage_rows.ts";

export interface StageDeps {
  connection: Connection;
  gzip: Gzip;
  progress: Progress;
  /** Sessions that load rows, and as many that build keys and indexes. Default: by what the server tells. */
  jobs?: number;
  signal?: AbortSignal;
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

/** The most sessions of each kind unless the order says otherwise. */
const MOST_JOBS = 4;
/** Objects that are made or dropped in one transaction. */
const BATCH = 50;
/** A table with fewer bytes of rows costs more round trips than work. */
const SMALL_BYTES = 2 ** 20;
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
    throw noRoom("nothing of it can be loaded beside the content");
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
      // after a signal too; what cannot be dropped now is dropped by the next restore. Another one may be at work
      // already: only this stage is dropped.
      await dropStages(deps.connection, `${STAGE_PREFIX}${id}_`, AbortSignal.timeout(DROP_LIMIT_MS)).catch((
        left,
      ) => deps.progress.log(`stage: ${toBackupError(left).message}`));
      throw error;
    }
  });
}

/** Drops the schemas of a prefix, few objects a transaction. With the lock of the target, no other restore uses one. */
async function dropStages(connection: Connection, prefix: string, signal?: AbortSignal): Promise<void> {
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

/** Half of the sessions load and half build; as many as server and pooler have room for, at least one. */
async function openSessions({ connection, signal, jobs }: StageDeps, sessions: Session[]): Promise<void> {
  const settings = await restoreSql("stage_session.sql");
  let wanted = 1;
  for (let i = 0; i < 2 * wanted; i++) {
    try {
      // only the first one is waited for
      const session = await Session.open({ connection, signal, ...(i > 0 && { patienceMs: 0 }) });
      sessions.push(session);
      await session.run(settings);
      if (i === 0) wanted = jobs ?? await jobsOf(session);
    } catch (error) {
      if (i > 0 && toBackupError(error).code === "database_busy") return;
      throw error;
    }
  }
}

/** A server tells no number of cores. Supabase sets this one by the size of the instance. */
async function jobsOf(session: Session): Promise<number> {
  const workers = await session.value("select to_json(current_setting('max_parallel_workers')::int);");
  return Math.min(Math.max(Number(workers), 1), MOST_JOBS);
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
  const source = startPipeline([gzip.decompress], { input: stored.open(), signal });
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

/**
 * What was decided comes from a table of contents that was read alone, without the hash of the whole archive. This reading
 * goes to the end, where the hash is compared.
 */
function requireSameToc(read: ArchiveToc, decidedBy: ArchiveToc): void {
  if (isDeepStrictEqual(read, decidedBy)) return;
  throw new BackupError(
    "archive_corrupt",
    "Cannot use the archive: its table of contents changed while it was read",
    {
      hint: "The target was not touched. Find out who wrote to the vault.",
    },
  );
}

/** What the program writes; an error at its end when it failed. */
async function* uncompressed(
  { stdout, ended }: Pipeline,
  program: Stage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield* stdout;
  signal?.throwIfAborted();
  const failure = describeFailure([program], await ended);
  if (failure === null) return;
  throw new BackupError("archive_corrupt", `Cannot read the archive to its end: ${failure}`);
}

/** Keeps the first bytes of a stream until they are asked for. */
function withHead(source: AsyncIterable<Uint8Array>, onBytes: (done: number) => void) {
  let kept: Uint8Array[] | null = [];
  let done = 0;
  async function* chunks() {
    for await (const chunk of source) {
      kept?.push(chunk);
      onBytes(done += chunk.length);
      yield chunk;
    }
  }
  const head = (bytes: number) => {
    const joined = Buffer.concat(kept ?? []).subarray(0, bytes);
    kept = null;
    return joined;
  };
  return { chunks: chunks(), head };
}

async function makeTables(plan: StagePlan, [session]: readonly Session[]): Promise<void> {
  const names = [...plan.schemas.values()];
  const make = (await restoreSql("stage_make.sql")).replaceAll(":schemas", textArray(names));
  await session?.run(make);
  const objects = [...plan.types, ...plan.tables].map(({ sql }) => sql);
  for (const batch of batchesOf(objects)) await session?.each(batch);
}

/** Each batch is a transaction, whose objects stay locked until its end. */
function batchesOf<T>(all: readonly T[]): T[][] {
  const starts = all.flatMap((_, i) => i % BATCH === 0 ? [i] : []);
  return starts.map((start) => all.slice(start, start + BATCH));
}

/** Loads the rows of staged tables and builds on them; writes the other blocks into an archive of their own. */
async function loadRows(
  archive: OpenArchive,
  plan: StagePlan,
  sessions: readonly Session[],
  { head, rest, progress, onRows, stop }: {
    head: Uint8Array;
    rest: string;
    progress: Progress;
    onRows: () => void;
    /** Ends the archive early, after an error of the server. */
    stop: () => void;
  },
): Promise<number> {
  // one session alone does both in turn
  const loaders = new RowLoaders(sessions.slice(0, Math.ceil(sessions.length / 2)), stop);
  const builders = new Builders(sessions.slice(Math.floor(sessions.length / 2)), stop);
  const staged = new Map(plan.tables.map((table) => [table.dataId, table]));
  const small = new Set<string>();
  let loaded = 0;
  async function* others(): AsyncGenerator<Uint8Array> {
    yield head;
    for await (const { entry, content, stored } of readBlocks(archive)) {
      const table = staged.get(entry.dumpId);
      if (table === undefined) {
        yield* stored();
        continue;
      }
      const address = JSON.stringify([table.schema, table.name]);
      await loaders.load(table.copy, wholeRows(content()), (rows, bytes) => {
        progress.rows?.(loaded += rows);
        if (bytes < SMALL_BYTES) {
          small.add(address);
          builders.addTogether(address, [...table.keys, ...table.indexes]);
        } else {
          builders.add(address, table.keys, true);
          builders.add(address, table.indexes, false);
        }
      });
    }
  }
  const written = pipeline(
    Readable.from(others()),
    createGzip({ level: 1 }),
    createWriteStream(rest, { mode: 0o600 }),
  );
  const unreadable: unknown = await written.then(() => null, (error) => error);
  // the server's errors come before their consequences
  await loaders.ended();
  if (unreadable === null) onRows();
  await builders.ended();
  if (unreadable instanceof Error && "code" in unreadable && unreadable.code === "ENOSPC") {
    throw noRoom(unreadable.message);
  }
  if (unreadable !== null) throw unreadable;
  await addForeignKeys(plan.foreignKeys, small, sessions[0], builders);
  return loaded;
}

/** @param small tables whose keys are validated at once */
async function addForeignKeys(
  keys: StagePlan["foreignKeys"],
  small: ReadonlySet<string>,
  session: Session | undefined,
  builders: Builders,
): Promise<void> {
  const isSmall = ({ schema, name }: Pick<StagedText, "schema" | "name">) =>
    small.has(JSON.stringify([schema, name]));
  const statements = keys.map((key) => isSmall(key) ? key.sql : key.unvalidated);
  for (const batch of batchesOf(statements)) await session?.each(batch);
  for (const key of keys.filter((key) => !isSmall(key))) {
    builders.add(JSON.stringify([key.schema, key.name]), [key.validate], true);
  }
  await builders.ended();
}

function stagedName({ schemas }: StagePlan, { schema, name }: { schema: string; name: string }): string {
  return `${identifier(schemas.get(schema) ?? "")}.${identifier(name)}`;
}

/** Text for the transaction, after the old content has been moved aside and the archive's schemas were made. */
async function swapStatements(plan: StagePlan): Promise<string> {
  const { schemas, types, tables } = plan;
  const move = (kind: string) => (object: { schema: string; name: string }) =>
    `alter ${kind} ${stagedName(plan, object)} set schema ${identifier(object.schema)};`;
  const names = [...schemas.values()];
  return inBatches([
    (await restoreSql("stage_privileges.sql")).replaceAll(
      ":schemas",
      textArray(names),
    ),
    ...types.map(move("type")),
    ...tables.map(move("table")),
    // without CASCADE: what was forgotten is an error
    ...names.map((name) => `drop schema ${identifier(name)};`),
  ].join("\n"));
}

/** What is not staged is loaded from a file in several passes. */
function noRoom(reason: string): BackupError {
  return new BackupError("not_enough_disk", `Cannot keep the archive on this machine: ${reason}`, {
    phase: "stage",
    hint: "Set TMPDIR to a larger disk. The target was not touched.",
  });
}

function textArray(texts: readonly string[]): string {
  return `array[${texts.map(literal).join(", ")}]::text[]`;
}
