/**
 * Statements as one message of the extended query protocol, which takes a single statement from each text: they cost one
 * round trip and are one transaction.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
import type pg from "pg";

export class StatementBatch {
  /** Resolves when the server has committed all of them. */
  readonly ended: Promise<void>;
  readonly #texts: readonly string[];
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.ended = new Promise((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
    });
    this.ended.catch(() => {}); // who waits for it receives the error
  }

  submit(connection: pg.Connection): void {
    connection.stream.cork();
    for (const text of this.#texts) {
      connection.parse({ name: "", text, types: [] }, true);
      connection.bind({}, true);
      connection.execute({}, true);
    }
    connection.sync();
    connection.stream.uncork();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#resolve();
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }
}
