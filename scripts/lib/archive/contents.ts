/** Checks an archive's content as read back from the vault: an empty or incomplete archive is refused. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { BackupError } from "@backup/errors.ts";
import type { IndexedTable } from "@backup/vault/archive_index.ts";
import type { Manifest } from "@backup/vault/manifest.ts";
import { OPS_OBJECT_PREFIX, PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import type { Mode } from "@backup/target.ts";
import { countArchivedRows } from "./archive_data.ts";
import { type ArchiveToc, openArchive, READABLE, readToc } from "./archive_toc.ts";
import { requirePlainStatements } from "./statements.ts";
import type { TableRows } from "../postgres/database_facts.ts";

/** The table of contents of a `.dump.gz`. @throws {BackupError} `archive_rejected` when it has none. */
export async function readGzippedToc(source: Readable): Promise<ArchiveToc> {
  return await readGzipped(source, readToc);
}

/**
 * Reads a `.dump.gz` whose author is not known to its end: it must hold nothing that pg_dump does not write, and by which psql would
 * leave the transaction of the restore.
 * @throws {BackupError} `archive_rejected`
 */
export async function requirePlainArchive(source: Readable): Promise<void> {
  await readGzipped(source, async (bytes) => {
    const archive = await openArchive(bytes);
    requirePlainStatements(archive.toc);
    const { compression } = archive.toc;
    if (READABLE.has(compression)) return void await countArchivedRows(archive);
    throw new BackupError(
      "archive_rejected",
      `Cannot look into the archive: its rows are compressed with ${compression}, and it is not signed`,
      { hint: "Make it again with pg_dump -Fc -Z0, or use a signed backup." },
    );
  });
}

async function readGzipped<T>(
  source: Readable,
  read: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  try {
    return await read(source.pipe(gunzip));
  } catch (cause) {
    if (cause instanceof BackupError) throw cause;
    throw new BackupError("archive_rejected", `Cannot read the archive: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** Entries by kind, for the manifest. */
export function countEntries(toc: ArchiveToc): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of toc.entries) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** @throws {BackupError} `dump_empty` naming tables that the snapshot counted and the archive lacks. */
export function requireTables(toc: ArchiveToc, mode: Mode, tables: readonly TableRows[]): void {
  const kind = mode === "full" ? "TABLE DATA" : "TABLE";
  const held = new Set(
    toc.entries.filter((entry) => entry.kind === kind).map(({ schema, tag }) => `${schema}\0${tag}`),
  );
  const missing = tables.filter(({ schema, table }) => !held.has(`${schema}\0${table}`));
  if (missing.length === 0) return;
  throw new BackupError(
    "dump_empty",
    `Cannot accept the archive: it lacks ${missing.length} of ${tables.length} tables, ` +
      `for example ${missing.slice(0, 3).map(({ key }) => key).join(", ")}`,
  );
}

/**
 * Compares the rows of a full archive with those that its snapshot counted: a table that was rewritten meanwhile would be
 * stored without its rows.
 * @throws {BackupError} `dump_empty` with the tables and both numbers
 */
export function requireArchivedRows(archived: readonly IndexedTable[], tables: readonly TableRows[]): void {
  const held = new Map(archived.map(({ schema, table, rows }) => [`${schema}\0${table}`, rows]));
  const wrong = tables.flatMap(({ key, schema, table, rows }) => {
    const found = held.get(`${schema}\0${table}`) ?? 0;
    return found === rows ? [] : [`${key} has ${found} rows instead of ${rows}`];
  });
  if (wrong.length === 0) return;
  throw new BackupError(
    "dump_empty",
    `Cannot accept the archive: in it ${
      wrong.slice(0, 3).join(", ")
    }; ${wrong.length} of ${tables.length} tables differ`,
    { hint: "A table was rewritten or truncated while it was dumped. Repeat the backup." },
  );
}

/** A full backup of the same database, made before. */
export interface Predecessor {
  /** As stored. */
  bytes: number;
  /** `null` when its manifest does not state it. */
  rowsTotal: number | null;
}

/** A full backup with less than this share of its predecessor's bytes is refused as a probable loss of data. */
const PLAUSIBLE_SHARE = 0.2;

/** @throws {BackupError} `dump_empty` with the figures when a full backup is far smaller than the one before. */
export function requirePlausibleSize(
  { mode, previous, allowShrink }: { mode: Mode; previous: Predecessor | null; allowShrink?: boolean },
  bytes: number,
  tables: readonly TableRows[],
): void {
  if (mode !== "full" || previous === null || allowShrink || bytes >= previous.bytes * PLAUSIBLE_SHARE) {
    return;
  }
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  throw new BackupError(
    "dump_empty",
    `Cannot accept the archive: ${bytes} bytes with ${rows} rows, the backup before had ${previous.bytes} bytes ` +
      `with ${previous.rowsTotal ?? "untold"} rows`,
    {
      hint: "Look at the database. If it shrank on purpose, repeat with ALLOW_SHRINK=yes.",
      details: { bytes, rows, previous },
    },
  );
}

const SETVAL = /setval\('((?:[^']|'')*)', (-?\d+), (true|false)\)/;

/** The values that the archive sets the project's sequences to. They are not the snapshot's, since sequences are not MVCC-safe. */
export function sequenceValues(toc: ArchiveToc): Manifest["sequences"] {
  const values: Manifest["sequences"] = {};
  for (const { kind, schema, tag, definition } of toc.entries) {
    if (PLATFORM_SCHEMAS.includes(schema ?? "") || schema === "public" && tag.startsWith(OPS_OBJECT_PREFIX)) {
      continue;
    }
    const match = kind === "SEQUENCE SET" ? SETVAL.exec(definition) : null;
    if (match?.[1] !== undefined && match[2] !== undefined) {
      values[match[1].replaceAll("''", "'")] = { last_value: match[2], is_called: match[3] === "true" };
    }
  }
  return values;
}
