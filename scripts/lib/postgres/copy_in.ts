/**
 * `COPY … FROM STDIN` as a query of `pg`, which has none of its own. A row that the server refuses, a backend that ends and a
 * connection that breaks reject {@link CopyIn.ended} and whatever waits for room.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import type pg from "pg";

/** What is used of pg's connection, which its types do not have. */
interface CopyConnection {
  stream: Socket;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** Bytes that may wait in this process for the server to take them. */
const WAITING_BYTES = 2 * 2 ** 20;

export class CopyIn {
  /** Rows that the server took. */
  readonly ended: Promise<number>;
  readonly #text: string;
  readonly #source: AsyncIterable<Uint8Array>;
  #resolve: (rows: number) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #failure: unknown = null;
  #rows = 0;

  constructor(text: string, source: AsyncIterable<Uint8Array>) {
    [this.#text, this.#source] = [text, source];
    this.ended = new Promise((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
    });
    this.ended.catch(() => {}); // who waits for it receives the error
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    void this.#send(connection);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#rows = Number(/^COPY (\d+)$/.exec(text)?.[1] ?? Number.NaN);
  }

  handleReadyForQuery(): void {
    if (this.#failure === null) this.#resolve(this.#rows);
    else this.#reject(this.#failure);
  }

  handleError(error: unknown): void {
    this.#failure ??= error;
    this.#reject(this.#failure);
  }

  async #send(connection: CopyConnection): Promise<void> {
    try {
      for await (const chunk of this.#source) {
        if (this.#failure !== null) return;
        connection.sendCopyFromChunk(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
        const { writable, writableLength } = connection.stream;
        if (!writable || writableLength > WAITING_BYTES) await this.#room(connection.stream);
      }
      connection.endCopyFrom();
    } catch (error) {
      if (this.#failure !== null) return;
      this.#failure = error;
      connection.sendCopyFail("the client could not read the rows");
    }
  }

  /**
   * Until the socket has room, or the statement has failed. One that is closed never has room: a source that needs no event
   * would otherwise be read for ever, and the event that says so not be received.
   */
  async #room(stream: Socket): Promise<void> {
    const settled = new AbortController();
    try {
      await Promise.race([once(stream, "drain", { signal: settled.signal }), this.ended]);
    } finally {
      settled.abort();
    }
  }
}
