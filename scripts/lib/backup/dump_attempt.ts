/**
 * One attempt at a dump that is consistent with its snapshot. pg_dump reads rows with the snapshot but definitions from
 * the current catalog, and takes its locks after the snapshot was made. The attempt counts only if neither the catalog
 * nor a table's file changed from the snapshot until pg_dump's first output, which it writes when it holds all locks and
 * has read all definitions.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { Mode } from "@backup/target.ts";
import type { FailedMeasure, Measured } from "@backup/vault/measures.ts";
import type { Warning } from "@backup/vault/warnings.ts";
import { describeDefinitionChanges, readDefinitionMarks } from "../postgres/catalog_state.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { applySettings, type TableRows } from "../postgres/database_facts.ts";
import { beginInSnapshot, countInSnapshot, findRewritten } from "../postgres/dumped_tables.ts";
import type { MeasureDefinition } from "../postgres/measure_definitions.ts";
import { readMeasures } from "../postgres/measures.ts";
import {
  ANSWER_LIMIT_MS,
  LOCK_NOT_AVAILABLE,
  Session,
  type SessionOptions,
  sqlstateOf,
} from "../postgres/session.ts";
import { leftOutWarnings } from "../postgres/warnings.ts";
import type { Gzip } from "../process/gzip.ts";
import { requireArchivedRows } from "../archive/contents.ts";
import { Disturbance, listNames } from "./disturbance.ts";
import { type Dump, startDump } from "./dump.ts";
import { lockTimeoutError, LockWatch } from "./lock_watch.ts";
import { findOrphans } from "./orphans.ts";
import { findUnsafePaths } from "./safe_path.ts";
import { openSnapshot, readSchemaFacts, type Snapshot, type SnapshotFacts } from "./snapshot.ts";

export interface AttemptOptions {
  connection: Connection;
  tools: ClientTools;
  gzip: Gzip;
  mode: Mode;
  /** How long a lock is waited for. */
  lockTimeoutMs: number;
  /** How long the server may take to answer the watch. Default: {@link ANSWER_LIMIT_MS}. */
  answerLimitMs?: number;
  /** What the manifest measures of the business. @default nothing */
  measures?: readonly MeasureDefinition[];
  log: (line: string) => void;
  /** Called when the snapshot is open, before anything is dumped. */
  onSnapshot?: (snapshot: Snapshot) => void;
  signal?: AbortSignal;
}

/** The time-outs of server and pg_dump are longer than the watch's, whose error names who holds the lock. */
const MARGIN_MS = 5000;
/** How long the end of an attempt may wait for the server. */
const END_LIMIT_MS = 2000;
const DEADLOCK = "40P01";

interface Sessions {
  /** Exports the snapshot. */
  holder: Session;
  /** Reads facts and counts in it. */
  reader: Session;
  /** Watches the locks. It is not ended by the signal, so that it can end pg_dump's server process. */
  watcher: Session;
}

export class DumpAttempt {
  readonly snapshot: Snapshot;
  readonly #options: AttemptOptions;
  readonly #sessions: Sessions;
  readonly #dump: Dump;
  /** pg_dump's first output. Requested at once: what nothing reads is lost when the program ends. */
  readonly #first: Promise<IteratorResult<Uint8Array, void>>;
  readonly #facts: Promise<SnapshotFacts>;
  readonly #watch: LockWatch;
  /** The first error of any part. */
  #failure: BackupError | null = null;
  #isComplete = false;

  private constructor(options: AttemptOptions, sessions: Sessions, snapshot: Snapshot) {
    [this.#options, this.#sessions, this.snapshot] = [options, sessions, snapshot];
    const { lockTimeoutMs } = options;
    const applicationName = `revo-backups dump ${randomBytes(6).toString("hex")}`;
    const env = { ...options.connection.env, PGAPPNAME: applicationName };
    const connection = { ...options.connection, env };
    this.#dump = startDump({ ...options, connection, snapshot, lockTimeoutMs: lockTimeoutMs + MARGIN_MS });
    this.#first = this.#dump.bytes.next();
    this.#facts = this.#readFacts();
    this.#facts.catch((error) => this.#abort(toBackupError(error)));
    const { holder, reader, watcher } = sessions;
    this.#watch = new LockWatch(watcher, {
      applicationName,
      ours: [holder.pid, reader.pid, watcher.pid],
      lockTimeoutMs,
      onEnd: (error) => this.#abort(error),
    });
  }

  /** Opens a snapshot and starts pg_dump. @throws {BackupError} what connecting throws. */
  static async begin(options: AttemptOptions): Promise<DumpAttempt> {
    const sessions = await openSessions(options);
    try {
      const snapshot = await openSnapshot(sessions.holder);
      options.onSnapshot?.(snapshot);
      return new DumpAttempt(options, sessions, snapshot);
    } catch (error) {
      await killAll(sessions);
      throw error;
    }
  }

  /**
   * The compressed archive; ends only when the attempt is confirmed and its rows are those of the snapshot.
   * @throws {BackupError} the first error of any part; {@link Disturbance} when another attempt may succeed.
   */
  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      const first = await this.#first;
      if (!first.done) yield first.value;
      yield* this.#dump.bytes;
      const { tables } = await this.#facts;
      if (this.#options.mode === "full") requireArchivedRows(this.#dump.walk.tables, tables);
      this.#isComplete = true;
    } catch (error) {
      this.#failure = await this.#explain(this.#failure ?? toBackupError(error));
      throw this.#failure;
    }
  }

  /** What the manifest says of the snapshot. */
  facts(): Promise<SnapshotFacts> {
    return this.#facts;
  }

  /** What was dumped; complete when {@link bytes} has ended. */
  get dumped(): Pick<Dump, "walk" | "members"> {
    return this.#dump;
  }

  /** Why another attempt may succeed; `null` when no reason is known. */
  get disturbance(): Disturbance | null {
    return this.#failure instanceof Disturbance ? this.#failure : null;
  }

  /** Ends everything that the attempt started. */
  async end(): Promise<void> {
    const cleanUp = async () => {
      await this.#watch.stop();
      if (!this.#isComplete) await this.#watch.terminateDump();
    };
    this.#dump.kill();
    await Promise.race([cleanUp(), sleep(END_LIMIT_MS, null, { ref: false })]);
    await killAll(this.#sessions);
    await this.#facts.catch(() => {}); // bytes() throws it
  }

  async #readFacts(): Promise<SnapshotFacts> {
    const { snapshot } = this;
    const { mode, lockTimeoutMs } = this.#options;
    const { holder, reader } = this.#sessions;
    const schema = await readSchemaFacts(reader, snapshot.id, mode, lockTimeoutMs + MARGIN_MS);
    await this.#first;
    await requireUnchanged(reader, snapshot, mode);
    const tables = mode === "full" ? await countRows(reader, snapshot) : withoutRows(snapshot);
    const leftOut = mode === "full" ? await countLeftOut(reader, snapshot) : null;
    const orphans = mode === "full"
      ? await findOrphans((sql) => reader.send(sql), snapshot.id, schema.foreignKeys)
      : [];
    const measured = mode === "full" ? await this.#measure() : null;
    const paths = await findUnsafePaths((sql) => reader.send(sql), snapshot.id, schema.pathUsers);
    await holder.kill();
    return {
      ...schema,
      tables,
      measures: measured?.measures,
      warnings: [
        ...leftOutWarnings(snapshot.schemas.unknown, leftOut),
        ...schema.warnings,
        ...orphans,
        ...paths,
        ...measured?.failed.map(measureWarning) ?? [],
      ],
    };
  }

  /** `null` without a definition. Values of a table that was rewritten since the snapshot would be those of no rows. */
  async #measure(): Promise<Measured | null> {
    const { measures: definitions = [] } = this.#options;
    if (definitions.length === 0) return null;
    const { reader } = this.#sessions;
    await reader.run(beginInSnapshot(this.snapshot.id));
    await applySettings(reader);
    const measured = await readMeasures(reader, definitions);
    await reader.run("commit;");
    const rewritten = await findRewritten(reader, this.snapshot.tables);
    if (rewritten.length === 0) return measured;
    const detail = `rewritten or truncated meanwhile: ${listNames(rewritten)}`;
    return { measures: [], failed: definitions.map(({ name }) => ({ name, detail })) };
  }

  #abort(error: BackupError): void {
    this.#failure ??= error;
    // all at once: none of them may have to wait for a server that no longer answers, or for the upload's end
    void this.#watch.terminateDump();
    void this.#sessions.holder.kill();
    void this.#sessions.reader.kill();
    this.#dump.kill();
  }

  /** The first cause: the loss of the snapshot, DDL, a lock, or the error itself. */
  async #explain(error: BackupError): Promise<BackupError> {
    const { signal, mode } = this.#options;
    const { holder, watcher } = this.#sessions;
    if (signal?.aborted || error instanceof Disturbance) return error;
    if (holder.lost) return holder.lost;
    const holders = this.#watch.lastHolders;
    await this.#watch.stop();
    try {
      await requireUnchanged(watcher, this.snapshot, mode);
    } catch (reason) {
      return reason instanceof Disturbance
        ? new Disturbance(reason.message, reason.hint ?? "", error)
        : error;
    }
    if (sqlstateOf(error) === LOCK_NOT_AVAILABLE) return lockTimeoutError(holders);
    const isVictim = sqlstateOf(error) === DEADLOCK || holders !== null && error.message.includes("pg_dump");
    return isVictim ? new Disturbance(`${error.message}; ${holders ?? ""}`, HINT, error) : error;
  }
}

const HINT = "DDL and the backup disturb each other; repeat the backup when the migration is done.";

/**
 * Compares the catalog and the tables' files with the snapshot's, outside of any snapshot.
 * @throws {Disturbance} with the names of what changed.
 */
async function requireUnchanged(session: Session, snapshot: Snapshot, mode: Mode): Promise<void> {
  await session.run("begin read only;");
  await applySettings(session);
  const changed = await describeDefinitionChanges(
    session,
    snapshot.catalog,
    await readDefinitionMarks(session),
  );
  const rewritten = mode === "full" ? await findRewritten(session, snapshot.tables) : [];
  await session.run("commit;");
  if (rewritten.length > 0) {
    throw new Disturbance(`Cannot dump ${listNames(rewritten)}: rewritten or truncated meanwhile`, HINT);
  }
  if (changed.length > 0) {
    throw new Disturbance(`Cannot dump a schema that changes meanwhile: ${listNames(changed)}`, HINT);
  }
}

async function countRows(reader: Session, snapshot: Snapshot): Promise<TableRows[]> {
  const counted = await countInSnapshot((sql) => reader.send(sql), snapshot.id, snapshot.tables);
  const moved = counted.filter(({ isSameFile }) => !isSameFile).map(({ key }) => key);
  if (moved.length === 0) return counted;
  throw new Disturbance(
    `Cannot count the rows of ${listNames(moved)}: rewritten or truncated meanwhile`,
    HINT,
  );
}

function measureWarning({ name, detail }: FailedMeasure): Warning {
  return { kind: "measure", name, detail, rows: null };
}

/** No dump holds these rows: another file does not matter. */
async function countLeftOut(reader: Session, { id, leftOut }: Snapshot): Promise<TableRows[]> {
  return await countInSnapshot((sql) => reader.send(sql), id, leftOut);
}

function withoutRows({ tables }: Snapshot): TableRows[] {
  return tables.filter(({ isCounted }) => isCounted)
    .map(({ key, schema, table }) => ({ key, schema, table, rows: 0 }));
}

async function openSessions(
  { connection, signal, answerLimitMs = ANSWER_LIMIT_MS }: AttemptOptions,
): Promise<Sessions> {
  const open = async (options: Partial<SessionOptions>) => {
    const session = await Session.open({ connection, signal, ...options });
    // the project's path may find functions of its own before the server's
    await session.run("set search_path = pg_catalog;");
    return session;
  };
  const opened = await Promise.allSettled([
    open({}),
    open({}),
    open({ endsBySignal: false, answerLimitMs }),
  ]);
  const [holder, reader, watcher] = opened.map((result) =>
    result.status === "fulfilled" ? result.value : null
  );
  if (holder && reader && watcher) return { holder, reader, watcher };
  await Promise.all([holder, reader, watcher].map((session) => session?.kill()));
  throw opened.find((result) => result.status === "rejected")?.reason;
}

async function killAll({ holder, reader, watcher }: Sessions): Promise<void> {
  await Promise.all([holder.kill(), reader.kill(), watcher.kill()]);
}
