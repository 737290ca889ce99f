/**
 * The blocks of data behind an archive's table of contents, read as one stream from front to back. Source: PostgreSQL's
 * pg_backup_custom.c. A block is a byte for its kind, the dump id of its entry, and
 *
 *     rows            [length, bytes]… until a length of 0
 *     large objects   [oid, [length, bytes]… until a length of 0]… until an oid of 0
 *
 * pg_dump writes a [length, bytes] for each row, or for each part of what it compresses.
 */
import { pipeline, Readable } from "node:stream";
import { createInflate } from "node:zlib";
import { BackupError } from "@backup/errors.ts";
import { type OpenArchive, READABLE, type TocEntry } from "./archive_toc.ts";
import type { ByteReader } from "./byte_reader.ts";

/** The kinds of blocks. */
export const BLOCK = { rows: 1, largeObjects: 3 } as const;
/** Bytes of content that are passed on together. */
const PIECE_BYTES = 256 * 1024;
/** How COPY's text ends in an archive. */
export const END_OF_ROWS = "\\.\n\n\n";
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** More than END_OF_ROWS has. */
const AFTER_ROWS_BYTES = 16;

/** A block, which has to be read to its end by one of the generators. */
export interface Block {
  entry: TocEntry;
  /** Rows, otherwise large objects. */
  isRows: boolean;
  /** The content of rows, not compressed, in pieces of any length. */
  content(): AsyncGenerator<Uint8Array>;
  /** The block as it lies in the archive. */
  stored(): AsyncGenerator<Uint8Array>;
}

/**
 * Every block to the end of the archive, in its order. Memory does not grow with the archive.
 * @throws {BackupError} `archive_rejected` with the offset of what pg_dump does not write: an unknown block, one without
 * an entry or twice, a length below zero, compressed bytes that are none, an end before the contents do; or the
 * name of an entry whose block is missing.
 */
export async function* readBlocks({ toc, reader }: OpenArchive): AsyncGenerator<Block> {
  const waited = new Map(toc.entries.filter(({ hasData }) => hasData).map((entry) => [entry.dumpId, entry]));
  while (reader.buffered.length > 0 || await reader.more()) {
    const at = reader.offset;
    const head = await bytesOf(reader, 2 + reader.intSize);
    const [kind, dumpId] = [head[0], reader.intAt(head, 1)];
    const entry = waited.get(dumpId);
    if (entry === undefined) throw reader.damaged(`no entry waits for the data of ${dumpId}`, at);
    waited.delete(dumpId);
    // pg_restore would write what it finds: rows without a COPY are statements
    if (kind !== (entry.kind === "BLOBS" ? BLOCK.largeObjects : BLOCK.rows)) {
      throw reader.damaged(`a block of ${nameOf(entry)} has the kind ${kind}`, at);
    }
    yield {
      entry,
      isRows: kind === BLOCK.rows,
      content: () => toc.compression === "none" ? contentOf(reader) : inflated(reader),
      stored: () => storedOf(reader, head, kind === BLOCK.rows),
    };
  }
  const [missing] = waited.values();
  if (missing === undefined) return;
  throw new BackupError(
    "archive_rejected",
    `Cannot read the archive: it ends at byte ${reader.offset} without the data of ${nameOf(missing)}`,
    { hint: "It is damaged, or somebody changed it." },
  );
}

/** The rows of each table as they lie in the archive, by dump id. `null`: their number is unknown. */
export type CountedRows = ReadonlyMap<number, number | null>;

/** Reads every block and counts the rows. @throws {BackupError} as {@link readBlocks}. */
export async function countArchivedRows(archive: OpenArchive): Promise<CountedRows> {
  const isRead = READABLE.has(archive.toc.compression);
  const counted = new Map<number, number | null>();
  for await (const { entry, isRows, content, stored } of readBlocks(archive)) {
    if (isRows && isRead) counted.set(entry.dumpId, await countRows(entry, content()));
    else {
      for await (const _ of stored());
      if (isRows) counted.set(entry.dumpId, null);
    }
  }
  return counted;
}

/** The content of a block until its end, in pieces of any length. */
async function* contentOf(reader: ByteReader): AsyncGenerator<Uint8Array> {
  const prefix = 1 + reader.intSize;
  let piece = new Uint8Array(PIECE_BYTES);
  let [used, left] = [0, 0];
  for (;;) {
    // a gigabyte has millions of rows: no call that waits and no allocation for one of them
    const bytes = reader.buffered;
    let at = 0;
    while (used < PIECE_BYTES) {
      if (left === 0) {
        if (bytes.length - at < prefix) break;
        left = reader.intAt(bytes, at);
        if (left < 0) {
          throw reader.damaged(`a part of a block has the length ${left}`, reader.offset + at);
        }
        at += prefix;
        if (left === 0) {
          reader.advance(at);
          if (used > 0) yield piece.subarray(0, used);
          return;
        }
      }
      const taken = Math.min(left, bytes.length - at, PIECE_BYTES - used);
      if (taken === 0) break;
      piece.set(bytes.subarray(at, at + taken), used);
      [at, left, used] = [at + taken, left - taken, used + taken];
    }
    reader.advance(at);
    if (used === PIECE_BYTES) {
      yield piece;
      [piece, used] = [new Uint8Array(PIECE_BYTES), 0];
    } else if (!await reader.more()) throw reader.endsEarly();
  }
}

/** @param head the bytes in front of the content */
async function* storedOf(reader: ByteReader, head: Uint8Array, isRows: boolean): AsyncGenerator<Uint8Array> {
  yield head;
  const prefix = 1 + reader.intSize;
  let left = 0;
  let inParts = isRows;
  for (let isOver = false; !isOver;) {
    const bytes = reader.buffered;
    let at = 0;
    while (!isOver) {
      const taken = Math.min(left, bytes.length - at);
      [at, left] = [at + taken, left - taken];
      if (left > 0 || bytes.length - at < prefix) break;
      const value = reader.intAt(bytes, at);
      if (value < 0) throw reader.damaged(`a part of a block has the length ${value}`, reader.offset + at);
      at += prefix;
      if (inParts) left = value;
      isOver = value === 0 && (isRows || !inParts);
      if (!isRows) inParts = value !== 0;
    }
    if (at > 0) yield bytes.subarray(0, at);
    reader.advance(at);
    if (!isOver && !await reader.more()) throw reader.endsEarly();
  }
}

/** The content of a block that pg_dump compressed with zlib. */
async function* inflated(reader: ByteReader): AsyncGenerator<Uint8Array> {
  const at = reader.offset;
  let isRead = false;
  async function* compressed() {
    yield* contentOf(reader);
    isRead = true;
  }
  try {
    yield* pipeline(Readable.from(compressed()), createInflate({ chunkSize: PIECE_BYTES }), () => {});
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw reader.damaged(`its rows do not uncompress: ${(error as Error).message}`, at);
  }
  if (!isRead) throw reader.damaged("more follows the end of its compressed rows", at);
}

/**
 * Rows of COPY's text: one a line, since a line feed in a value is written as two other characters. psql runs what follows
 * their end as statements: nothing may.
 */
async function countRows(entry: TocEntry, content: AsyncIterable<Uint8Array>) {
  const { copyStatement } = entry;
  let lines = 0;
  let end = "";
  let tail: Buffer = Buffer.from("\n");
  for await (const piece of content) {
    if (copyStatement !== "") tail = requireRowsOnly(entry, Buffer.concat([tail, piece]));
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, at + 1)) lines++;
    end = (end + Buffer.from(piece.subarray(-END_OF_ROWS.length)).toString("latin1")).slice(
      -END_OF_ROWS.length,
    );
  }
  // pg_dump --inserts writes statements
  if (copyStatement === "") return null;
  return end === END_OF_ROWS ? lines - (END_OF_ROWS.split("\n").length - 1) : lines;
}

const ROWS_END = Buffer.from("\n\\.");
const AFTER_ROWS = /^\r?\n\s*$/;

/** @returns the end of the piece, which may hold the beginning of what ends the rows */
function requireRowsOnly(entry: TocEntry, piece: Buffer): Buffer {
  for (let at = piece.indexOf(ROWS_END); at >= 0; at = piece.indexOf(ROWS_END, at + 1)) {
    const next = at + ROWS_END.length;
    if (next < piece.length && piece[next] !== LINE_FEED && piece[next] !== CARRIAGE_RETURN) continue;
    const rest = piece.subarray(next, next + AFTER_ROWS_BYTES).toString("latin1");
    if (piece.length - next < AFTER_ROWS_BYTES && AFTER_ROWS.test(`\n${rest}`)) return piece.subarray(at);
    throw new BackupError(
      "archive_rejected",
      `Cannot read the archive: more follows the end of the rows of ${nameOf(entry)}`,
      { hint: "pg_dump does not write this: somebody changed it." },
    );
  }
  return piece.subarray(-(ROWS_END.length));
}

async function bytesOf(reader: ByteReader, length: number): Promise<Uint8Array> {
  while (reader.buffered.length < length) if (!await reader.more()) throw reader.endsEarly();
  const bytes = reader.buffered.subarray(0, length);
  reader.advance(length);
  return bytes;
}

/** An entry for a message. */
export function nameOf({ kind, schema, tag }: TocEntry): string {
  return `${kind} ${schema === null ? tag : `${schema}.${tag}`}`;
}
