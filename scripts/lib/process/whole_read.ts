/** A source of bytes that is hashed to its end, also when a reader of its bytes stops early or fails. */
import { createHash } from "node:crypto";

export class WholeRead {
  readonly #chunks: AsyncGenerator<Uint8Array>;
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #failure: { cause: unknown } | null = null;

  constructor(source: AsyncIterable<Uint8Array>, onBytes: (done: number) => void) {
    this.#chunks = this.#hashed(source, onBytes);
  }

  /** The bytes, for one reader. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) yield next.value;
  }

  /** Reads what is left. @throws what the source threw, to whom it was thrown. */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    if (this.#failure === null) { for await (const _ of this.#chunks); }
    if (this.#failure !== null) throw (this.#failure as { cause: unknown }).cause;
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  async *#hashed(source: AsyncIterable<Uint8Array>, onBytes: (done: number) => void) {
    try {
      for await (const chunk of source) {
        this.#hash.update(chunk);
        onBytes(this.#bytes += chunk.length);
        yield chunk;
      }
    } catch (cause) {
      this.#failure = { cause };
      throw cause;
    }
  }
}
