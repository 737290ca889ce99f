/** A session of PostgreSQL, independent of the client. */
export interface SqlSession {
  /**
   * Runs statements one after the other, each on its own unless the text begins a transaction.
   * @returns the rows as lines: columns joined by `|`, NULL as nothing
   * @throws {BackupError} at the first error; the session is over then, its transaction rolled back
   */
  run(sql: string, onLine?: (line: string) => void): Promise<string[]>;
  /** Rows of a query whose one column is JSON. */
  rows(sql: string): Promise<unknown[]>;
  /** The one JSON value of a query. */
  value(sql: string): Promise<unknown>;
  /** Ends the session after the running statement; the server rolls back an open transaction. */
  close(): Promise<void>;
  /** Ends the session at once and cancels the running statement. */
  kill(): Promise<void>;
}
