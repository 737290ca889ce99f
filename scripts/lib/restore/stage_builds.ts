/** Builds keys and indexes over several sessions, without letting two of them wait for each other. */
import type { Session } from "../postgres/session.ts";

interface Build {
  statements: readonly string[];
  table: string;
  /** Needs the table alone; others share it. */
  isAlone: boolean;
}

const ALONE = -1;

export class Builders {
  readonly #idle: Session[];
  readonly #queue: Build[] = [];
  /** Builds of a table that run, or {@link ALONE}. */
  readonly #busy = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #failure: unknown = null;

  readonly #onFailure: () => void;
  readonly #onBuilt: (statements: number) => void;

  constructor(
    sessions: readonly Session[],
    { onFailure, onBuilt }: { onFailure: () => void; onBuilt: (statements: number) => void },
  ) {
    [this.#idle, this.#onFailure, this.#onBuilt] = [[...sessions], onFailure, onBuilt];
  }

  /** Each statement for itself, by any session. */
  add(table: string, statements: readonly string[], isAlone: boolean): void {
    this.#queue.push(...statements.map((sql) => ({ statements: [sql], table, isAlone })));
    this.#startNext();
  }

  /** All statements in one round trip, for a table so small that nothing else counts. */
  addTogether(table: string, statements: readonly string[]): void {
    if (statements.length > 0) this.#queue.push({ statements, table, isAlone: true });
    this.#startNext();
  }

  /** Waits for all that was added. @throws the first error */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running);
    this.throwIfFailed();
  }

  /** Waits for nothing. @throws the first error so far */
  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #startNext(): void {
    for (let i = 0; i < this.#queue.length && this.#failure === null;) {
      const build = this.#queue[i];
      const session = this.#idle.at(-1);
      if (build === undefined || session === undefined) return;
      if (!this.#isFree(build)) {
        i++;
        continue;
      }
      this.#idle.pop();
      this.#queue.splice(i, 1);
      this.#start(build, session);
    }
  }

  #isFree({ table, isAlone }: Build): boolean {
    const busy = this.#busy.get(table) ?? 0;
    return busy === 0 || busy > 0 && !isAlone;
  }

  #start({ statements, table, isAlone }: Build, session: Session): void {
    this.#busy.set(table, isAlone ? ALONE : (this.#busy.get(table) ?? 0) + 1);
    const running = session.each(statements).then(() => this.#onBuilt(statements.length)).catch((error) => {
      this.#failure ??= error;
      this.#onFailure();
    }).then(() => {
      this.#busy.set(table, isAlone ? 0 : (this.#busy.get(table) ?? 1) - 1);
      this.#idle.push(session);
      this.#running.delete(running);
      this.#startNext();
    });
    this.#running.add(running);
  }
}
