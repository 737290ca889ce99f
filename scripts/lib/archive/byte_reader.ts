/** Reads the data types of pg_dump's custom format from a stream of bytes, and knows the offset of each. */
import { isUtf8 } from "node:buffer";
import { BackupError } from "@backup/errors.ts";

/** What a table of contents may take. One of 5,000 tables has 20 MB, the longest definition in it 100 kB. */
export interface TocLimits {
  /** Bytes of the whole table of contents. */
  bytes: number;
  /** Bytes of one text, for example a function's definition. */
  textBytes: number;
}

/** Bytes of an integer and of an offset, as pg_dump writes them: those of C's types. */
const MOST_NUMBER_BYTES = 8;
/** Leaves no byte out: psql reads a byte order mark as letters. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

export class ByteReader {
  /** Bytes of an integer without its sign, as the archive's head states it. */
  intSize = 4;
  #buffer: Uint8Array = new Uint8Array(0);
  #at = 0;
  #offset = 0;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #limits: TocLimits;

  constructor(source: AsyncIterable<Uint8Array>, limits: TocLimits) {
    [this.#source, this.#limits] = [source[Symbol.asyncIterator](), limits];
  }

  /** Bytes read so far: the offset of the next one. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bytes, as many as have arrived. */
  get buffered(): Uint8Array {
    return this.#buffer.subarray(this.#at);
  }

  /** Steps over bytes of {@link buffered}. */
  advance(bytes: number): void {
    this.#at += bytes;
    this.#offset += bytes;
  }

  /** Waits for more bytes behind those that are buffered. @returns false at the end of the source */
  async more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) return false;
    this.#buffer = this.#at === this.#buffer.length ? next.value : Buffer.concat([this.buffered, next.value]);
    this.#at = 0;
    return true;
  }

  /** A part of the table of contents. */
  async take(length: number): Promise<Uint8Array> {
    if (this.#offset + length > this.#limits.bytes) {
      throw this.damaged(`its table of contents has more than ${this.#limits.bytes} bytes`);
    }
    if (this.#buffer.length - this.#at < length) await this.#fill(length);
    const taken = this.#buffer.subarray(this.#at, this.#at + length);
    this.advance(length);
    return taken;
  }

  async byte(): Promise<number> {
    return (await this.take(1))[0] ?? 0;
  }

  async int(): Promise<number> {
    return this.intAt(await this.take(1 + this.intSize), 0);
  }

  /** A sign byte, then the magnitude with the lowest byte first. */
  intAt(bytes: Uint8Array, at: number): number {
    let value = 0;
    for (let i = at + this.intSize; i > at; i--) value = value * 256 + (bytes[i] ?? 0);
    return bytes[at] ? -value : value;
  }

  /** A length and that many bytes of UTF-8; length -1 is `null`. Bytes that are none become a lone surrogate. */
  async text(): Promise<string | null> {
    const length = await this.int();
    if (length > this.#limits.textBytes) throw this.damaged(`a text in it has ${length} bytes`);
    if (length < 0) return null;
    const bytes = await this.take(length);
    const text = UTF8.decode(bytes);
    return text.includes("\ufffd") && !isUtf8(bytes) ? text.replaceAll("\ufffd", "\udcff") : text;
  }

  /** The size of a type of numbers. */
  async numberSize(): Promise<number> {
    const size = await this.byte();
    if (size >= 1 && size <= MOST_NUMBER_BYTES) return size;
    throw this.damaged(`a number in it has ${size} bytes`);
  }

  /** @param at offset of what is wrong. Default: that of the next byte. */
  damaged(what: string, at = this.#offset): BackupError {
    return new BackupError("archive_rejected", `Cannot read the archive at byte ${at}: ${what}`, {
      hint: "pg_dump writes no such archive: it is damaged, or somebody changed it.",
    });
  }

  /** The archive is shorter than its contents say. */
  endsEarly(): BackupError {
    return new BackupError(
      "archive_rejected",
      `Cannot read the archive: it ends at byte ${
        this.#offset + this.buffered.length
      }, before its contents do`,
    );
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #fill(length: number): Promise<void> {
    const pieces = [this.buffered];
    let have = this.buffered.length;
    while (have < length) {
      const next = await this.#source.next();
      if (next.done) throw this.endsEarly();
      pieces.push(next.value);
      have += next.value.length;
    }
    this.#buffer = pieces.length === 1 ? pieces[0] ?? this.#buffer : Buffer.concat(pieces);
    this.#at = 0;
  }
}
