import type { Progress } from "../run/progress.ts";

/** Forwards progress and measures how long each phase lasts. A phase entered twice counts once, with both times. */
export class PhaseTimes implements Progress {
  readonly #seconds = new Map<string, number>();
  readonly #startedAt: number;
  #current: { name: string; since: number } | null = null;

  /** @param clock monotonic, in milliseconds */
  constructor(private readonly inner: Progress, private readonly clock: () => number) {
    this.#startedAt = clock();
  }

  phase(name: string): void {
    this.#end();
    this.#current = { name, since: this.clock() };
    this.inner.phase(name);
  }

  bytes(done: number, expected: number | null): void {
    this.inner.bytes(done, expected);
  }

  rows(done: number): void {
    this.inner.rows?.(done);
  }

  log(line: string): void {
    this.inner.log(line);
  }

  /** Seconds of each phase until now, in the order in which they began. */
  seconds(): Record<string, number> {
    this.#end();
    return Object.fromEntries([...this.#seconds].map(([name, ms]) => [name, toSeconds(ms)]));
  }

  /** Seconds since this object was made. */
  total(): number {
    return toSeconds(this.clock() - this.#startedAt);
  }

  #end(): void {
    if (this.#current === null) return;
    const now = this.clock();
    const { name, since } = this.#current;
    this.#seconds.set(name, (this.#seconds.get(name) ?? 0) + now - since);
    this.#current = { name, since: now };
  }
}

/** Milliseconds as seconds with three decimals, the precision of a receipt. */
export function toSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}
