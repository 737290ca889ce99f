/**
 * A session of PostgreSQL through psql: one client for everything (libpq's TLS, poolers and SCRAM), and the
 * one that understands what pg_restore writes. Statements go in through its standard input, one JSON value a
 * line comes out.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { childEnvironment } from "../process/child_environment.ts";
import { guarded } from "../process/guard.ts";
import { killGroup } from "../process/kill_group.ts";
import { type Connection, NOTICE_LOSS } from "./connection.ts";
import { refusalOf, whileBusy } from "./refusal.ts";
import { Session, SESSION_SETTINGS } from "./session.ts";
import type { SqlSession } from "./sql_session.ts";

export interface PsqlOptions {
  psql: string;
  connection: Connection;
  signal?: AbortSignal;
  /** How long a busy server or pooler is waited for. @default a minute */
  patienceMs?: number;
}

interface Waiter {
  mark: string;
  lines: string[];
  onLine?: (line: string) => void;
  resolve(lines: string[]): void;
  reject(error: BackupError): void;
}

/** A statement that was passed over. */
export interface FailedStatement {
  /** As it was sent; the rows of a COPY are not part of it. */
  statement: string;
  sqlstate: string;
  message: string;
}

/** Collects what psql prints to its standard error until a mark. */
interface Collector {
  text: string;
  mark: string;
  onMark(): void;
}

/**
 * Output of psql that reports an error of the server, with `VERBOSITY verbose`: `ERROR:  42501: permission …`. The severity
 * is in the server's language. SQLSTATEs that begin with 00, 01 or 02 are those of notices and warnings; a warning may have
 * another one. psql ends at the first error, so that the last of these is the error.
 */
const SERVER_ERROR = /^(?:psql:[^:]*:\d+: )?[^\s:]+:\s+(?!0[012])([0-9A-Z]{5}): (.*)$/gm;

export class PsqlSession implements SqlSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<BackupError>;
  readonly #abort: () => void;
  readonly #signal: AbortSignal | undefined;
  #waiter: Waiter | null = null;
  #stderr = "";
  #collector: Collector | null = null;
  /** The words by which an end is recognized: what a statement prints cannot contain them. */
  readonly #nonce = randomUUID();
  #marks = 0;
  #over: BackupError | null = null;
  #closing = false;

  private constructor(options: PsqlOptions) {
    this.#child = guarded(spawn(options.psql, [
      "-X",
      "-q",
      "-A",
      "-t",
      "-v",
      "ON_ERROR_STOP=1",
      "-v",
      "VERBOSITY=verbose",
      "-d",
      NOTICE_LOSS,
    ], {
      detached: true,
      env: childEnvironment(options.connection.env),
      stdio: ["pipe", "pipe", "pipe"],
    }));
    this.#signal = options.signal;
    this.#abort = () => killGroup(this.#child);
    if (options.signal?.aborted) this.#abort();
    options.signal?.addEventListener("abort", this.#abort, { once: true });
    this.#child.stdin.on("error", () => {}); // EPIPE: the error is read when psql ends
    this.#child.stderr.on("data", (chunk: Uint8Array) => {
      const text = new TextDecoder().decode(chunk);
      this.#stderr = (this.#stderr + text).slice(-16_384);
      this.#collect(text);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#take(line));
    this.#ended = new Promise((resolve) => {
      this.#child.on(
        "error",
        (cause) => resolve(new BackupError("missing_tool", `Cannot start psql: ${cause.message}`, { cause })),
      );
      this.#child.on("close", (code, signal) => resolve(this.#explainEnd(code, signal)));
    });
    void this.#ended.then((error) => {
      this.#over = error;
      this.#waiter?.reject(error);
      this.#waiter = null;
    });
  }

  /** Connects. @throws {BackupError} `database_auth_failed`, `database_busy`, `database_unreachable`, `missing_tool`. */
  static async open(options: PsqlOptions): Promise<PsqlSession> {
    return await whileBusy(async () => {
      const session = new PsqlSession(options);
      try {
        await session.run(SESSION_SETTINGS);
      } catch (error) {
        throw await explainRefusal(options, toBackupError(error));
      }
      return session;
    }, options);
  }

  /**
   * Runs statements (and psql meta-commands) one after the other and returns the lines they printed.
   * @throws {BackupError} at the first error; the session is over then, its transaction rolled back.
   */
  async run(sql: string, onLine?: (line: string) => void): Promise<string[]> {
    if (this.#over) throw this.#over;
    if (this.#waiter) {
      throw new BackupError("internal_server_error", "Cannot run two statements at once in one session");
    }
    const mark = `@done-${this.#nonce}-${++this.#marks}`;
    const done = new Promise<string[]>((resolve, reject) => {
      this.#waiter = { mark, lines: [], onLine, resolve, reject };
    });
    this.#child.stdin.write(`${sql}\n\\echo ${mark}\n`);
    return await done;
  }

  /**
   * Runs statements inside an open transaction and passes over those that fail: psql undoes each by a savepoint.
   * @throws {BackupError} when the session ends.
   */
  async runPassingOver(sql: string, onLine?: (line: string) => void): Promise<FailedStatement[]> {
    const mark = `@errors-${this.#nonce}-${this.#marks}`;
    const collected = new Promise<string>((resolve) => {
      const collector: Collector = { text: "", mark, onMark: () => resolve(collector.text) };
      this.#collector = collector;
    });
    try {
      await this.run(
        `\\set ECHO errors\n\\set ON_ERROR_ROLLBACK on\n\\set ON_ERROR_STOP off\n${sql}\n` +
          `\\set ON_ERROR_STOP on\n\\set ON_ERROR_ROLLBACK off\n\\set ECHO none\n${ALIVE}\n\\warn ${mark}`,
        onLine,
      );
      return failuresIn(await collected, mark);
    } finally {
      this.#collector = null;
    }
  }

  /** Rows of a query whose one column is JSON. */
  async rows(sql: string): Promise<unknown[]> {
    return (await this.run(sql)).map((line): unknown => JSON.parse(line));
  }

  /** The one JSON value of a query. */
  async value(sql: string): Promise<unknown> {
    return (await this.rows(sql))[0];
  }

  /** Ends the session; an open transaction is rolled back by the server. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#child.stdin.end();
    await this.#ended;
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  /** Ends the session at once. */
  async kill(): Promise<void> {
    this.#closing = true;
    this.#abort();
    await this.close();
  }

  #collect(text: string): void {
    const collector = this.#collector;
    if (collector === null) return;
    collector.text += text;
    if (collector.text.includes(collector.mark)) collector.onMark();
  }

  #take(line: string): void {
    const waiter = this.#waiter;
    if (!waiter) return;
    if (line === waiter.mark) {
      this.#waiter = null;
      this.#stderr = ""; // warnings of statements that succeeded
      waiter.resolve(waiter.lines);
    } else if (waiter.onLine) waiter.onLine(line);
    else waiter.lines.push(line);
  }

  #explainEnd(code: number | null, signal: string | null): BackupError {
    const output = this.#stderr.trim();
    if (this.#closing && output === "") return new BackupError("database_error", "the session is closed");
    if (signal !== null) return new BackupError("database_error", `psql was ended by ${signal}`);
    const match = [...output.matchAll(SERVER_ERROR)].at(-1);
    if (code === 2 && !match?.[1]) return refusalOf(lastLine(output) || "connection lost", null);
    return new BackupError("database_error", match?.[2] ?? (lastLine(output) || `psql exited ${code}`), {
      details: { sqlstate: match?.[1] ?? null, output: output.slice(-2000) },
    });
  }
}

/** psql goes on when it loses the connection at the savepoint before a statement, as if the statement had run: this ends it. */
const ALIVE = "do $$ begin end $$;";

/** The errors that psql printed, each with the statement that it prints after it. */
function failuresIn(collected: string, mark: string): FailedStatement[] {
  const output = collected.slice(0, collected.indexOf(mark));
  const errors = [...output.matchAll(SERVER_ERROR)];
  return errors.map(({ index, 1: sqlstate = "", 2: message = "" }, i) => {
    const part = output.slice(index, errors[i + 1]?.index);
    const statement = /STATEMENT: {2}([^]*?)(?=\npsql:|$)/.exec(part)?.[1]?.trim() ?? "";
    return { statement, sqlstate, message };
  });
}

/**
 * psql prints no SQLSTATE when it cannot connect, and the reason in the server's language: a session of `pg` shows whether
 * the server refused.
 */
async function explainRefusal({ connection, signal }: PsqlOptions, error: BackupError): Promise<BackupError> {
  if (error.code !== "database_unreachable" || signal?.aborted) return error;
  try {
    await (await Session.open({ connection, signal, patienceMs: 0 })).close();
    return error;
  } catch (thrown) {
    const refusal = toBackupError(thrown);
    return refusal.code === "database_unreachable" ? error : refusal;
  }
}

function lastLine(text: string): string {
  return text.split("\n").at(-1) ?? "";
}
