/** The rows of a backup: by ranges where it has an index, otherwise from the whole archive. */
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { ArchiveIndex } from "@backup/vault/archive_index.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { readBlocks } from "../archive/archive_data.ts";
import { openArchive } from "../archive/archive_toc.ts";
import { copyColumns } from "../archive/copy_columns.ts";
import { rowsOfPart } from "../archive/member_rows.ts";
import { identifier } from "../postgres/sql_text.ts";
import { WholeRead } from "../process/whole_read.ts";
import { wholeRows } from "../restore/stage_rows.ts";
import { plainArchive } from "../vault/encryption.ts";
import { readMembers, readStoredIndex } from "../vault/stored_index.ts";
import { readStoredToc } from "../vault/stored_toc.ts";
import type { Vault } from "../vault/vault.ts";

export interface LookTable {
  schema: string;
  table: string;
  columns: string[];
  /** `null`: a backup of an older version does not say. */
  rows: number | null;
  /** Of its rows before compression; `null` without an index. */
  rawBytes: number | null;
}

/** Rows that follow each other. */
export interface RowBatch {
  table: LookTable;
  /** Number of the first one in its table, from 0. */
  from: number;
  /** Bytes among which the rows are: what is not in them is in no row. */
  bytes: Buffer;
  /** COPY's text, each row without its line feed. */
  rows(): Iterable<Buffer>;
}

export interface RowSource {
  tables: readonly LookTable[];
  /** Whether rows are read without the rest of the archive. */
  isIndexed: boolean;
  /**
   * Rows of tables, in the archive's order. Without an index the whole archive is read, and it equals its manifest when the
   * last batch has been given.
   * @param options.rows only batches with some of these rows of each table
   * @throws {BackupError} `archive_corrupt` when the bytes are not the manifest's; as the vault
   */
  read(
    wanted: (table: LookTable) => boolean,
    options?: { rows?: { from: number; to: number } },
  ): AsyncGenerator<RowBatch>;
}

/** @param onBytes of an archive that is read as a whole */
export async function openRows(
  vault: Vault,
  key: string,
  manifest: AnyManifest | null,
  onBytes: (done: number) => void,
): Promise<RowSource> {
  const index = await readStoredIndex(vault, key, manifest);
  return index === null ? await openWhole(vault, key, manifest, onBytes) : openIndexed(vault, key, index);
}

function openIndexed(vault: Vault, key: string, index: ArchiveIndex): RowSource {
  const entries = index.tables.map((indexed) => {
    const { schema, table, columns, rows, raw_bytes: rawBytes } = indexed;
    let from = 0;
    const parts = indexed.parts.map((part) => {
      const placed = { ...part, from };
      from += part.rows;
      return placed;
    });
    return { table: { schema, table, columns, rows, rawBytes }, parts };
  });
  return {
    tables: entries.map(({ table }) => table),
    isIndexed: true,
    async *read(wanted, { rows = { from: 0, to: Infinity } } = {}) {
      const parts = entries.filter(({ table }) => wanted(table)).flatMap(({ table, parts }) =>
        parts.filter(({ from, rows: count }) => from < rows.to && from + count > rows.from)
          .map((part) => ({ table, part }))
      );
      const numbers = [...new Set(parts.map(({ part }) => part.member))].sort((a, b) => a - b);
      for await (const { number, content } of readMembers(vault, key, index, numbers)) {
        for (const { table, part } of parts.filter(({ part }) => part.member === number)) {
          yield { table, from: part.from, bytes: content, rows: () => rowsOfPart(content, part) };
        }
      }
    },
  };
}

async function openWhole(
  vault: Vault,
  key: string,
  manifest: AnyManifest | null,
  onBytes: (done: number) => void,
): Promise<RowSource> {
  const toc = await readStoredToc(vault, key);
  const counted = manifest !== null && isProving(manifest) ? manifest.rows : {};
  const tables = new Map(
    toc.entries.filter(({ kind, copyStatement }) => kind === "TABLE DATA" && copyStatement !== "").map((
      { dumpId, schema, tag: table, copyStatement },
    ) => {
      const rows = rowsIn(counted, schema ?? "", table);
      return [dumpId, {
        schema: schema ?? "",
        table,
        columns: copyColumns(copyStatement),
        rows,
        rawBytes: null,
      }];
    }),
  );
  return {
    tables: [...tables.values()],
    isIndexed: false,
    async *read(wanted, { rows = { from: 0, to: Infinity } } = {}) {
      const stored = new WholeRead(vault.download(key), onBytes);
      const archive = uncompressed(key, plainArchive(vault, key, stored.chunks()));
      for await (const { entry, content, stored: unread } of readBlocks(await openArchive(archive))) {
        const table = tables.get(entry.dumpId);
        if (table === undefined || !wanted(table)) {
          for await (const _ of unread());
          continue;
        }
        let from = 0;
        for await (const piece of wholeRows(content())) {
          const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
          const lines = [...linesOf(bytes)];
          if (from < rows.to && from + lines.length > rows.from) {
            yield {
              table,
              from,
              bytes,
              rows: () => lines,
            };
          }
          from += lines.length;
        }
      }
      const { sha256 } = await stored.finish();
      if (manifest === null || manifest.sha256 === sha256) return;
      throw new BackupError(
        "archive_corrupt",
        `Cannot use ${key}: its manifest says sha256 ${manifest.sha256}, the object has ${sha256}`,
      );
    },
  };
}

/** @throws {BackupError} `archive_corrupt` when the bytes do not uncompress; what the source throws */
async function* uncompressed(key: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pipeline(Readable.from(source), createGunzip(), () => {});
  } catch (cause) {
    if (cause instanceof BackupError) throw cause;
    const { message } = toBackupError(cause);
    throw new BackupError("archive_corrupt", `Cannot uncompress ${key}: ${message}`, { cause });
  }
}

function rowsIn(counted: Readonly<Record<string, number>>, schema: string, table: string): number | null {
  const plain = /^[a-z_][a-z0-9_]*$/;
  const name = [schema, table].map((part) => plain.test(part) ? part : identifier(part)).join(".");
  return counted[name] ?? null;
}

const LINE_FEED = 10;

function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0, end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
    yield bytes.subarray(from, end);
    from = end + 1;
  }
}
