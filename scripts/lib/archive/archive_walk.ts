/**
 * Walks an archive while pg_dump writes it, without a copy of it: where the rows of each table lie, how many there are, and
 * where a gzip member may end. Source of the format: `archive_data.ts`.
 */
import { BackupError } from "@backup/errors.ts";
import type { IndexedTable } from "@backup/vault/archive_index.ts";
import { BLOCK, END_OF_ROWS, nameOf } from "./archive_data.ts";
import { type ArchiveToc, openArchive, type TocEntry } from "./archive_toc.ts";
import { copyColumns } from "./copy_columns.ts";

/** A member ends behind the first row after this many bytes. */
const MEMBER_BYTES = 8 * 2 ** 20;
/** A table begins a new member when the one before it has this many bytes. */
const SMALL_MEMBER_BYTES = 256 * 1024;
/** A sign and a magnitude of four bytes: `int` of every platform that PostgreSQL runs on. */
const INT_BYTES = 5;
const LINE_FEED = 10;
/** Up to this major version, pg_dump writes each row with a length of its own; later ones may join rows. */
const LAST_ROW_BY_ROW = 18;
const LINES_OF_END = END_OF_ROWS.split("\n").length - 1;

/** In place of bytes: the gzip member ends here. */
export const MEMBER_END = Symbol("end of a gzip member");

export interface WalkSizes {
  /** @default MEMBER_BYTES */
  member?: number;
  /** @default SMALL_MEMBER_BYTES */
  smallMember?: number;
}

/** What follows: a block's kind, its id, a length, the bytes of one, the id of a large object. */
type State = "kind" | "id" | "length" | "bytes" | "oid";

export class ArchiveWalk {
  /** Each table whose rows the archive holds, in its order. */
  readonly tables: IndexedTable[] = [];
  readonly #sizes: Required<WalkSizes>;
  #toc: ArchiveToc | null = null;
  /** Entries whose block has not come yet, by dump id. */
  #waited = new Map<number, TocEntry>();
  /** Bytes that were walked, and where among them the member begins. */
  #offset = 0;
  #memberStart = 0;
  #member = 0;
  #state: State = "bytes";
  /** Bytes left of the table of contents, or of a length. */
  #left = 0;
  /** An integer whose bytes came in several chunks. */
  readonly #int = new Uint8Array(INT_BYTES);
  #intBytes = 0;
  #isRows = false;
  #isRowByRow = true;
  #table: IndexedTable | null = null;
  #blockStart = 0;

  constructor({ member = MEMBER_BYTES, smallMember = SMALL_MEMBER_BYTES }: WalkSizes = {}) {
    this.#sizes = { member, smallMember };
  }

  /** Of an archive that was walked. */
  get toc(): ArchiveToc {
    if (this.#toc !== null) return this.#toc;
    throw new BackupError("internal_server_error", "Cannot read the contents before the archive was walked");
  }

  /** Bytes that were walked: at the end those of the archive. */
  get rawBytes(): number {
    return this.#offset;
  }

  /**
   * The archive's bytes as they come, and {@link MEMBER_END} between two members.
   * @param source an archive that pg_dump did not compress
   * @throws {BackupError} `archive_rejected` for what pg_dump does not write, and for an end before the contents do
   */
  async *pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | typeof MEMBER_END> {
    const chunks = source[Symbol.asyncIterator]();
    try {
      const head: Uint8Array[] = [];
      await this.#open(chunks, head);
      for (const chunk of head) yield* this.#cut(chunk);
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        yield* this.#cut(next.value);
      }
      this.#requireEnd();
    } finally {
      await chunks.return?.();
    }
  }

  /** @param head receives the chunks that hold the table of contents */
  async #open(chunks: AsyncIterator<Uint8Array>, head: Uint8Array[]): Promise<void> {
    const kept: AsyncIterator<Uint8Array> = {
      next: async () => {
        const next = await chunks.next();
        if (!next.done) head.push(next.value);
        return next;
      },
    };
    const { toc, reader } = await openArchive({ [Symbol.asyncIterator]: () => kept });
    if (toc.compression !== "none" || reader.intSize + 1 !== INT_BYTES) {
      throw reader.damaged(
        `its rows are compressed (${toc.compression}), or it is of an unknown platform`,
        0,
      );
    }
    this.#toc = toc;
    this.#waited = new Map(toc.entries.filter(({ hasData }) => hasData).map((each) => [each.dumpId, each]));
    this.#isRowByRow = Number.parseInt(toc.dumpVersion) <= LAST_ROW_BY_ROW;
    this.#left = reader.offset;
  }

  *#cut(chunk: Uint8Array): Generator<Uint8Array | typeof MEMBER_END> {
    const base = this.#offset;
    let from = 0;
    for (const end of this.#walk(chunk)) {
      if (end > base + from) yield chunk.subarray(from, end - base);
      yield MEMBER_END;
      from = end - base;
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }

  /** @returns where members end, as offsets in the archive */
  #walk(chunk: Uint8Array): number[] {
    const base = this.#offset;
    const ends: number[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === "kind") {
        if (this.#memberBytes(base + at) >= this.#sizes.smallMember) this.#endMember(base + at, ends);
        this.#isRows = chunk[at] !== BLOCK.largeObjects;
        this.#blockStart = base + at;
        [at, this.#state] = [at + 1, "id"];
      } else if (this.#state === "bytes") {
        const taken = Math.min(this.#left, chunk.length - at);
        if (!this.#isRowByRow) this.#addRows(linesOf(chunk, at, at + taken));
        [at, this.#left] = [at + taken, this.#left - taken];
        if (this.#left === 0) this.#endBytes(base + at, chunk[at - 1], ends);
      } else if (this.#intBytes === 0 && chunk.length - at >= INT_BYTES) {
        if (this.#state === "length" && this.#table !== null && this.#isRowByRow) {
          at = this.#wholeRows(chunk, at, base, ends);
          if (chunk.length - at < INT_BYTES) continue;
        }
        this.#takeInt(intAt(chunk, at), base + (at += INT_BYTES));
      } else {
        const taken = Math.min(INT_BYTES - this.#intBytes, chunk.length - at);
        this.#int.set(chunk.subarray(at, at + taken), this.#intBytes);
        [at, this.#intBytes] = [at + taken, this.#intBytes + taken];
        if (this.#intBytes < INT_BYTES) continue;
        this.#intBytes = 0;
        this.#takeInt(intAt(this.#int, 0), base + at);
      }
    }
    this.#offset = base + chunk.length;
    return ends;
  }

  /** The rows that lie in the chunk as a whole: a gigabyte has millions. @returns where the first one lies that does not */
  #wholeRows(chunk: Uint8Array, from: number, base: number, ends: number[]): number {
    let at = from;
    let rows = 0;
    let limit = this.#memberStart + this.#sizes.member - base;
    const last = chunk.length - INT_BYTES;
    while (at <= last) {
      const length = (chunk[at + 1] ?? 0) | (chunk[at + 2] ?? 0) << 8 | (chunk[at + 3] ?? 0) << 16 |
        (chunk[at + 4] ?? 0) << 24;
      if (chunk[at] !== 0 || length <= 0 || last - at < length) break;
      at += INT_BYTES + length;
      rows++;
      if (at < limit) continue;
      this.#addRows(rows);
      rows = 0;
      this.#endMember(base + at, ends);
      limit = at + this.#sizes.member;
    }
    this.#addRows(rows);
    return at;
  }

  #takeInt(value: number, offset: number): void {
    if (this.#state === "id") {
      this.#beginBlock(value, offset);
      this.#state = this.#isRows ? "length" : "oid";
    } else if (value < 0) throw damaged(offset, `a part of a block has the length ${value}`);
    else if (value > 0) {
      [this.#left, this.#state] = this.#state === "oid" ? [0, "length"] : [value, "bytes"];
    } else if (this.#isRows || this.#state === "oid") {
      this.#endBlock(offset);
      this.#state = "kind";
    } else this.#state = "oid";
  }

  #beginBlock(dumpId: number, offset: number): void {
    const entry = this.#waited.get(dumpId);
    if (entry === undefined) throw damaged(offset, `no entry waits for the data of ${dumpId}`);
    this.#waited.delete(dumpId);
    if (this.#isRows === (entry.kind === "BLOBS")) {
      throw damaged(offset, `the block of ${nameOf(entry)} is of another kind`);
    }
    if (!this.#isRows) return;
    const { schema, tag, copyStatement } = entry;
    const parts = [{ member: this.#member, offset: offset - this.#memberStart, rows: 0 }];
    const columns = copyColumns(copyStatement);
    this.#table = { schema: schema ?? "", table: tag, columns, rows: 0, raw_bytes: 0, parts };
    this.tables.push(this.#table);
  }

  #endBytes(offset: number, last: number | undefined, ends: number[]): void {
    // what precedes the first block is the table of contents
    if (this.#blockStart === 0) return void (this.#state = "kind");
    this.#state = "length";
    if (this.#table !== null && this.#isRowByRow) this.#addRows(1);
    const mayEnd = this.#table === null || last === LINE_FEED;
    if (mayEnd && this.#memberBytes(offset) >= this.#sizes.member) this.#endMember(offset, ends);
  }

  #endBlock(offset: number): void {
    const table = this.#table;
    this.#table = null;
    if (table === null) return;
    // the end of the rows was counted with them, and a member may end in the middle of it
    let more = this.#isRowByRow ? 1 : LINES_OF_END;
    for (const part of table.parts.toReversed()) {
      const taken = Math.min(part.rows, more);
      [part.rows, more] = [part.rows - taken, more - taken];
    }
    table.parts = table.parts.filter(({ rows }) => rows > 0);
    table.rows = table.parts.reduce((sum, { rows }) => sum + rows, 0);
    table.raw_bytes = offset - this.#blockStart;
  }

  #addRows(rows: number): void {
    const part = this.#table?.parts.at(-1);
    if (part !== undefined) part.rows += rows;
  }

  #memberBytes(offset: number): number {
    return offset - this.#memberStart;
  }

  #endMember(offset: number, ends: number[]): void {
    ends.push(offset);
    this.#memberStart = offset;
    this.#member++;
    this.#table?.parts.push({ member: this.#member, offset: 0, rows: 0 });
  }

  #requireEnd(): void {
    const [missing] = this.#waited.values();
    if (this.#state === "kind" && missing === undefined) return;
    const what = missing === undefined ? "in the middle of it" : `without the data of ${nameOf(missing)}`;
    throw damaged(this.#offset, `it ends ${what}`);
  }
}

function intAt(bytes: Uint8Array, at: number): number {
  const [sign = 0, a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + INT_BYTES);
  const value = a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24;
  return sign === 0 ? value : -value;
}

function linesOf(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0 && at < to; at = bytes.indexOf(LINE_FEED, at + 1)) {
    lines++;
  }
  return lines;
}

function damaged(offset: number, what: string): BackupError {
  return new BackupError("archive_rejected", `Cannot read the archive at byte ${offset}: ${what}`, {
    hint: "pg_dump writes no such archive.",
  });
}
