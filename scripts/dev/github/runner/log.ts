/** The log of a job, in memory. */
import type { Masker } from "./masker.ts";

/** Per job, in characters; the beginning is dropped first. */
const MAX_CHARACTERS = 4_000_000;

/** Lines with their time, masked before they are stored. */
export class JobLog {
  readonly #lines: string[] = [];
  readonly #masker: Masker;
  readonly #echo: (line: string) => void;
  #characters = 0;
  #dropped = 0;

  /** @param echo also receives every masked line, without its time. */
  constructor(masker: Masker, echo: (line: string) => void) {
    this.#masker = masker;
    this.#echo = echo;
  }

  write(text: string): void {
    const masked = this.#masker.mask(text);
    this.#echo(masked);
    const line = `${new Date().toISOString()} ${masked}`;
    this.#lines.push(line);
    this.#characters += line.length + 1;
    while (this.#characters > MAX_CHARACTERS && this.#lines.length > 1) {
      this.#characters -= (this.#lines.shift()?.length ?? 0) + 1;
      this.#dropped += 1;
    }
  }

  text(): string {
    const head = this.#dropped === 0 ? [] : [`(the first ${this.#dropped} lines were dropped)`];
    return [...head, ...this.#lines, ""].join("\n");
  }
}
