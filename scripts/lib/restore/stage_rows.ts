/** Loads rows over several sessions: a large table over as many as are free, small ones side by side. */
import { END_OF_ROWS } from "../archive/archive_data.ts";
import type { Session } from "../postgres/session.ts";

const LINE_FEED = 10;
/** A table of fewer bytes is loaded by one session. */
const SHARED_BYTES = 4 * 2 ** 20;
/** Pieces of rows that wait for a session. */
const WAITING_PIECES = 4;

/**
 * Cuts a stream of COPY's text at the ends of rows, and leaves out the mark of their end: behind it, a session of several
 * would take line feeds for rows.
 */
export async function* wholeRows(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // what is held back: a row that has begun, and as many bytes as the mark has
  let held: Uint8Array[] = [];
  for await (const piece of content) {
    const last = piece.length - END_OF_ROWS.length - 1;
    const end = last < 0 ? 0 : piece.lastIndexOf(LINE_FEED, last) + 1;
    if (end > 0) {
      yield Buffer.concat([...held, piece.subarray(0, end)]);
      held = [];
    }
    held.push(piece.subarray(end));
  }
  const rest = Buffer.concat(held);
  const rows = rest.subarray(-END_OF_ROWS.length).toString("latin1") === END_OF_ROWS
    ? rest.subarray(0, -END_OF_ROWS.length)
    : rest;
  if (rows.length > 0) yield rows;
}

/** Pieces on their way from one reader to several sessions. */
class Channel implements AsyncIterable<Uint8Array> {
  readonly #pieces: Uint8Array[] = [];
  #isClosed = false;
  #failure: unknown = null;
  #wake: () => void = () => {};
  #changed: Promise<void>;

  constructor() {
    this.#changed = this.#renew();
  }

  /** Waits while too many pieces are on their way. @throws the error of {@link fail}. */
  async send(piece: Uint8Array): Promise<void> {
    while (this.#pieces.length >= WAITING_PIECES && this.#failure === null) await this.#changed;
    if (this.#failure !== null) throw this.#failure;
    this.#pieces.push(piece);
    this.#change();
  }

  close(): void {
    this.#isClosed = true;
    this.#change();
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    this.#change();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#change();
        yield piece;
      } else if (this.#isClosed) return;
      else await this.#changed;
    }
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #change(): void {
    const wake = this.#wake;
    this.#changed = this.#renew();
    wake();
  }
}

/** Sessions that load rows. One whose statement failed is over, and so is the load. */
export class RowLoaders {
  readonly #idle: Session[];
  readonly #running = new Set<Promise<unknown>>();
  #failure: unknown = null;

  readonly #onFailure: () => void;

  /** @param onFailure ends the source, which may have nothing to say for a long time */
  constructor(sessions: readonly Session[], onFailure: () => void) {
    [this.#idle, this.#onFailure] = [[...sessions], onFailure];
  }

  /**
   * Reads the rows to their end; they may still be on their way then.
   * @param onLoaded receives the number of rows when all of them are in the table, and of their bytes
   * @throws the first error of any table
   */
  async load(
    statement: string,
    rows: AsyncIterable<Uint8Array>,
    onLoaded: (rows: number, bytes: number) => void,
  ): Promise<void> {
    const channel = new Channel();
    const copies: Promise<number>[] = [];
    const start = (session: Session) => {
      const copy = session.copy(statement, channel).finally(() => this.#idle.push(session));
      copy.catch((error) => {
        channel.fail(error);
        this.#onFailure();
      });
      copies.push(copy);
    };
    start(await this.#session());
    let bytes = 0;
    try {
      for await (const piece of rows) {
        await channel.send(piece);
        bytes += piece.length;
        if (bytes < SHARED_BYTES) continue;
        const another = this.#idle.pop();
        if (another !== undefined) start(another);
      }
      channel.close();
    } catch (error) {
      channel.fail(error);
      // the server's error comes before its consequences
      const failed = (await Promise.allSettled(copies)).find(({ status }) => status === "rejected");
      this.#failure ??= failed?.status === "rejected" ? failed.reason : error;
      throw this.#failure;
    }
    const whole = Promise.all(copies).then((counts) => onLoaded(counts.reduce((sum, n) => sum + n, 0), bytes))
      .catch((error) => void (this.#failure ??= error));
    this.#running.add(whole);
    void whole.finally(() => this.#running.delete(whole));
  }

  /** Waits for all rows. @throws the first error of any table */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure;
  }

  async #session(): Promise<Session> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const session = this.#idle.pop();
      if (session !== undefined) return session;
      await Promise.race(this.#running);
    }
  }
}
