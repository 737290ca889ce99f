/**
 * A session of PostgreSQL. Errors carry the server's SQLSTATE, hint and detail as fields, whatever language its
 * messages are in. Values come as the server prints them, without conversion.
 */
import { connect as connectSocket } from "node:net";
import pg from "pg";
import { BackupError } from "@backup/errors.ts";
import { clientOptions } from "./client_options.ts";
import { CopyIn } from "./copy_in.ts";
import type { Connection } from "./connection.ts";
import { refusalOf, whileBusy } from "./refusal.ts";
import type { SqlSession } from "./sql_session.ts";
import { splitStatements } from "./sql_text.ts";
import { StatementBatch } from "./statement_batch.ts";

export interface SessionOptions {
  connection: Connection;
  signal?: AbortSignal;
  /** Whether the signal also ends the session once it is open. @default true */
  endsBySignal?: boolean;
  /** How long a busy server or pooler is waited for. @default a minute */
  patienceMs?: number;
  /**
   * Milliseconds that the server may take to answer a statement; after them the session is lost. For sessions whose
   * statements are short: a network that drops packets without a sign is noticed late by the system, after a quarter of
   * an hour on some. @default no limit
   */
  answerLimitMs?: number;
}

/** The limit for sessions whose statements are short. */
export const ANSWER_LIMIT_MS = 60_000;

/**
 * Statements have no time limit, but end with their client: otherwise a server process that waits for a lock or builds
 * an index would go on after the client has ended, and block other sessions. On Linux every supported version checks
 * each second for a closed connection, and closes one whose peer has not answered for a minute.
 */
export const SESSION_SETTINGS = `set statement_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set standard_conforming_strings = on;
set tcp_keepalives_idle = 30;
set tcp_keepalives_interval = 10;
select set_config('tcp_user_timeout', '60s', false), set_config('client_connection_check_interval', '1s', false)
 where version() like '%linux%';
select set_config('transaction_timeout', '0', false)
 where current_setting('server_version_num')::int >= 170000;`;
const PROCESS = "select pg_catalog.pg_backend_pid();";

/** In place of a SQLSTATE, where no server answered. */
const NO_ANSWER = "";
/** pg_hba.conf may have an entry for connections with TLS, or without, alone. */
const NO_ENTRY_IN_PG_HBA = "28000";

export class Session implements SqlSession {
  readonly #client: pg.Client;
  readonly #abort: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #answerLimitMs: number | undefined;
  readonly #address: { host: string; port: number };
  #pid = 0;
  /** Why nothing can be run any more. */
  #over: BackupError | null = null;
  #lost: BackupError | null = null;
  /** The end of the statements before: they run in the order of their calls. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(client: pg.Client, options: SessionOptions) {
    const { connection, signal, endsBySignal = true, answerLimitMs } = options;
    this.#client = client;
    this.#address = { host: connection.host, port: Number(connection.env.PGPORT) };
    this.#signal = endsBySignal ? signal : undefined;
    this.#answerLimitMs = answerLimitMs;
    this.#abort = () => void this.kill();
    client.on("error", (error: Error) => this.#lose(error));
    client.on("end", () => this.#lose(new Error("the server closed the connection")));
  }

  /**
   * Connects.
   * @throws {BackupError} `database_auth_failed`, `database_busy` or `database_unreachable`; the signal's reason.
   */
  static async open(options: SessionOptions): Promise<Session> {
    options.signal?.throwIfAborted();
    const session = new Session(await whileBusy(() => connect(options), options), options);
    if (options.signal?.aborted) await session.kill();
    options.signal?.throwIfAborted();
    session.#signal?.addEventListener("abort", session.#abort, { once: true });
    session.#pid = Number((await session.send(`${SESSION_SETTINGS}\n${PROCESS}`)).at(-1));
    return session;
  }

  /**
   * The server's process of this session, as the server itself names it: a pooler reports a number of its own when a
   * client connects.
   */
  get pid(): number {
    return this.#pid;
  }

  /** The error of a connection that ended by itself; `null` before that. */
  get lost(): BackupError | null {
    return this.#lost;
  }

  run(sql: string, onLine?: (line: string) => void): Promise<string[]> {
    return this.#inTurn(async () => {
      const lines: string[] = [];
      for (const statement of splitStatements(sql)) {
        const printed = await this.#query(statement);
        if (onLine) printed.forEach(onLine);
        else for (const line of printed) lines.push(line);
      }
      return lines;
    });
  }

  /**
   * Sends several statements as one message, which costs one round trip. They are one transaction except where the text
   * begins and ends its own. @returns the rows of all, as {@link run} does
   */
  send(sql: string): Promise<string[]> {
    return this.#inTurn(() => this.#query(sql));
  }

  /**
   * Runs statements in one transaction and one round trip. The server refuses a text that is more than one statement.
   */
  each(statements: readonly string[]): Promise<void> {
    return this.#inTurn(() =>
      this.#whileAlive(() => {
        const batch = new StatementBatch(statements);
        this.#client.query(batch);
        return batch.ended;
      })
    );
  }

  /**
   * Runs `COPY … FROM STDIN`, which ends with the source. Statements may stand before it, in the same transaction.
   * @returns rows that the server took
   * @throws {BackupError} the server's refusal, or the error of the source; the session is over then
   */
  copy(sql: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    return this.#inTurn(() =>
      this.#whileAlive(() => {
        const copy = new CopyIn(sql, source);
        this.#client.query(copy);
        return copy.ended;
      })
    );
  }

  async rows(sql: string): Promise<unknown[]> {
    return (await this.run(sql)).map((line): unknown => JSON.parse(line));
  }

  async value(sql: string): Promise<unknown> {
    return (await this.rows(sql))[0];
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#end();
  }

  async kill(): Promise<void> {
    const isBusy = this.#over === null;
    this.#over ??= this.#signal?.aborted
      ? new BackupError("run_cancelled", "the session was ended by a signal", { cause: this.#signal.reason })
      : new BackupError("database_error", "the session is closed");
    if (isBusy) cancelRequest(this.#address, backendOf(this.#client));
    destroySocket(this.#client);
    await this.#end();
  }

  #lose(error: Error): void {
    if (this.#over === null) this.#over = this.#lost = connectionLost(error);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#over) throw this.#over;
      return work();
    });
    this.#turn = result.catch(() => {}); // the caller receives the error
    return result;
  }

  #giveUp(limitMs: number): void {
    this.#lose(new Error(`the server has not answered for ${limitMs / 1000} s`));
    destroySocket(this.#client);
  }

  async #query(text: string): Promise<string[]> {
    const limitMs = this.#answerLimitMs;
    const timer = limitMs === undefined ? undefined : setTimeout(() => this.#giveUp(limitMs), limitMs);
    try {
      const answer: unknown = await this.#whileAlive(() =>
        this.#client.query({ text, rowMode: "array", types: AS_TEXT })
      );
      const results = Array.isArray(answer) ? answer : [answer];
      return results.flatMap((result: pg.QueryArrayResult<(string | null)[]>) =>
        result.rows.map((row) => row.map((value) => value ?? "").join("|"))
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** An error ends the session. */
  async #whileAlive<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = this.#over ?? (error instanceof BackupError ? error : explain(error));
      this.#over = failure;
      await this.#end();
      throw failure;
    }
  }

  async #end(): Promise<void> {
    this.#over ??= new BackupError("database_error", "the session is closed");
    this.#signal?.removeEventListener("abort", this.#abort);
    await this.#client.end().catch(() => {}); // it is closed already
  }
}

/** Every value as the text that the server sent. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

/** Tries the ways in order while the other one may succeed. @throws the first refusal of the server, otherwise the last error; the signal's reason. */
async function connect({ connection, signal }: SessionOptions): Promise<pg.Client> {
  let refusal: unknown = null;
  for (const options of await clientOptions(connection)) {
    signal?.throwIfAborted();
    const client = new pg.Client(options);
    client.on("error", () => {}); // connect() rejects with it
    try {
      await connectUntil(client, signal);
      return client;
    } catch (error) {
      destroySocket(client);
      signal?.throwIfAborted();
      refusal = isServerError(refusal) ? refusal : error;
      if (!dependsOnTls(error)) break;
    }
  }
  throw refusalOf(messageOf(refusal), isServerError(refusal) ? refusal.code : NO_ANSWER, refusal);
}

async function connectUntil(client: pg.Client, signal: AbortSignal | undefined): Promise<void> {
  const connecting = client.connect();
  connecting.catch(() => {}); // after an abort nothing waits for it
  const isOver = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const options = { once: true, signal: isOver.signal };
    signal?.addEventListener("abort", () => reject(signal.reason), options);
  });
  try {
    await Promise.race([connecting, aborted]);
  } finally {
    isOver.abort();
  }
}

/** Whether the same connection with TLS instead of without, or the reverse, may be accepted. */
function dependsOnTls(error: unknown): boolean {
  if (isServerError(error)) return error.code === NO_ENTRY_IN_PG_HBA;
  const { syscall, message }: { syscall?: unknown; message?: unknown } = Object(firstOf(error));
  return syscall !== "connect" && syscall !== "getaddrinfo" && message !== "timeout expired";
}

function explain(error: unknown): BackupError {
  if (!isServerError(error)) return connectionLost(error);
  const { code, severity, detail, hint, where } = error;
  return new BackupError("database_error", error.message, {
    cause: error,
    details: { sqlstate: code, severity, detail, hint, where },
  });
}

function connectionLost(error: unknown): BackupError {
  return isServerError(error)
    ? explain(error)
    : new BackupError("database_unreachable", messageOf(error), { cause: error });
}

type ServerError = pg.DatabaseError & { code: string };

function isServerError(error: unknown): error is ServerError {
  return error instanceof pg.DatabaseError && error.code !== undefined;
}

/** A host of several addresses rejects with one error for each. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}

function messageOf(error: unknown): string {
  const first = firstOf(error);
  return first instanceof Error ? first.message : String(first);
}

/** The process and its secret, which a cancel request needs. pg knows them, its types do not. */
function backendOf(client: pg.Client): { processID: number; secretKey: number } {
  const known: { processID?: unknown; secretKey?: unknown } = Object(client);
  return { processID: Number(known.processID), secretKey: Number(known.secretKey) };
}

function destroySocket(client: pg.Client): void {
  const { connection }: { connection?: { stream?: { destroy?: () => void } } } = Object(client);
  connection?.stream?.destroy?.();
}

/**
 * Asks the server to cancel what the session runs; nothing is answered. A server takes the request without TLS too. Where
 * it does not arrive, the server notices the closed connection within a second.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
function cancelRequest(
  { host, port }: { host: string; port: number },
  { processID, secretKey }: { processID: number; secretKey: number },
): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80_877_102, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = connectSocket({ host, port }, () => socket.end(request));
  socket.setTimeout(5000, () => socket.destroy());
  socket.on("error", () => {}); // best effort
  socket.unref();
}

/** SQLSTATE of a lock that was not granted within `lock_timeout`. */
export const LOCK_NOT_AVAILABLE = "55P03";

/** SQLSTATE of a server's error, `null` where the error is none. */
export function sqlstateOf(error: unknown): string | null {
  const state = error instanceof BackupError ? error.details.sqlstate : null;
  return typeof state === "string" ? state : null;
}
