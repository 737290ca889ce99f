/**
 * The table of contents of a pg_dump custom-format archive, read from the bytes at its head.
 * `pg_restore -l` prints the same, but ambiguously: names with blanks and line breaks are not distinguishable.
 * Source: PostgreSQL's pg_backup_archiver.c (ReadHead, ReadToc), archive versions 1.14 (PostgreSQL 12 to 15),
 * 1.15 (16) and 1.16 (17 and 18).
 */
import { BackupError } from "@backup/errors.ts";
import { ByteReader, type TocLimits } from "./byte_reader.ts";

export interface TocEntry {
  /** What `pg_restore -L` selects by. */
  dumpId: number;
  /** Kind of object: `TABLE`, `TABLE DATA`, `ACL`, … */
  kind: string;
  /** The object's name, with its arguments for functions, with its table for constraints. */
  tag: string;
  /** `null` for objects without a schema. */
  schema: string | null;
  owner: string;
  /** The statement that creates it; for `SEQUENCE SET` the setval() call. */
  definition: string;
  copyStatement: string;
  /** The statement that drops it, empty for a part of another object. */
  drop: string;
  /** Dump ids of the entries that it needs. Objects that the archive does not hold are passed over. */
  dependencies: number[];
  /** pg_dump's section: 1 none, 2 before rows, 3 rows, 4 after rows. */
  section: number;
  /** A block of data follows the table of contents: rows, or the contents of large objects. */
  hasData: boolean;
  /** Empty for the database's own. */
  tablespace: string;
  /** Of a table, for example `heap`; otherwise empty. */
  accessMethod: string;
}

export interface ArchiveToc {
  /** Version of the dumped server and of the pg_dump that wrote it. */
  serverVersion: string;
  dumpVersion: string;
  compression: Compression;
  entries: TocEntry[];
}

const MAGIC = "PGDMP";
const CUSTOM_FORMAT = 1;
const KNOWN_MINORS = { first: 14, last: 16 };

const LIMITS: TocLimits = { bytes: 256 * 2 ** 20, textBytes: 32 * 2 ** 20 };

/**
 * @param source the archive's bytes, uncompressed; read up to the end of the table of contents
 * @throws {BackupError} as {@link openArchive}.
 */
export async function readToc(
  source: AsyncIterable<Uint8Array>,
  limits: TocLimits = LIMITS,
): Promise<ArchiveToc> {
  const { toc, reader } = await openArchive(source, limits);
  await reader.close();
  return toc;
}

/** An archive whose table of contents is read; the reader is at its first block of rows. */
export interface OpenArchive {
  toc: ArchiveToc;
  reader: ByteReader;
}

/** How pg_dump itself compressed the rows. */
export type Compression = "none" | "gzip" | "lz4" | "zstd";
/** The numbers of archive versions since 1.15. */
const COMPRESSIONS: readonly Compression[] = ["none", "gzip", "lz4", "zstd"];
/** Of those, the ones whose rows are read here. */
export const READABLE: ReadonlySet<Compression> = new Set(["none", "gzip"]);

/**
 * @param source the archive's bytes, uncompressed
 * @throws {BackupError} `archive_rejected` when it is no custom-format archive of a known version, ends early or exceeds
 * the limits: a few bytes of gzip can hold gigabytes. The source is closed then.
 */
export async function openArchive(
  source: AsyncIterable<Uint8Array>,
  limits: TocLimits = LIMITS,
): Promise<OpenArchive> {
  const reader = new ByteReader(source, limits);
  try {
    return { reader, toc: await parse(reader) };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function parse(reader: ByteReader): Promise<ArchiveToc> {
  if (new TextDecoder().decode(await reader.take(5)) !== MAGIC) {
    throw new BackupError(
      "archive_rejected",
      "Cannot read the archive: it is not in pg_dump's custom format",
    );
  }
  const major = await reader.byte();
  const minor = await reader.byte();
  await reader.byte();
  if (major !== 1 || minor < KNOWN_MINORS.first || minor > KNOWN_MINORS.last) {
    throw new BackupError("archive_rejected", `Cannot read an archive of version ${major}.${minor}`, {
      hint: `Known are 1.${KNOWN_MINORS.first} to 1.${KNOWN_MINORS.last} (PostgreSQL 12 to 18).`,
    });
  }
  reader.intSize = await reader.numberSize();
  const offsetSize = await reader.numberSize();
  if (await reader.byte() !== CUSTOM_FORMAT) {
    throw new BackupError(
      "archive_rejected",
      "Cannot read the archive: it is not in pg_dump's custom format",
    );
  }
  const compression = await readCompression(reader, minor);
  for (let i = 0; i < 7; i++) await reader.int(); // time of the dump
  await reader.text(); // database
  const serverVersion = await reader.text() ?? "";
  const dumpVersion = await reader.text() ?? "";
  const count = await reader.int();
  const entries: TocEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(await parseEntry(reader, minor, offsetSize));
  return { serverVersion, dumpVersion, compression, entries };
}

/** Before 1.15 a level of zlib, where -1 is its default. */
async function readCompression(reader: ByteReader, minor: number): Promise<Compression> {
  if (minor < 15) return await reader.int() === 0 ? "none" : "gzip";
  const number = await reader.byte();
  const compression = COMPRESSIONS[number];
  if (compression === undefined) throw reader.damaged(`its compression has the number ${number}`);
  return compression;
}

async function parseEntry(reader: ByteReader, minor: number, offsetSize: number): Promise<TocEntry> {
  const dumpId = await reader.int();
  const hasData = await reader.int() !== 0;
  await reader.text(); // catalog's oid
  await reader.text(); // object's oid
  const tag = await reader.text() ?? "";
  const kind = await reader.text() ?? "";
  const section = await reader.int();
  const definition = await reader.text() ?? "";
  const drop = await reader.text() ?? "";
  const copyStatement = await reader.text() ?? "";
  const schema = await reader.text();
  const tablespace = await reader.text() ?? "";
  const accessMethod = await reader.text() ?? "";
  if (minor >= 16) await reader.int(); // relkind
  const owner = await reader.text() ?? "";
  await reader.text(); // WITH OIDS, always false
  const dependencies: number[] = [];
  for (let id = await reader.text(); id !== null; id = await reader.text()) dependencies.push(Number(id));
  await reader.take(1 + offsetSize); // offset of the data
  return {
    dumpId,
    kind,
    tag,
    schema: schema === "" ? null : schema,
    owner,
    definition,
    copyStatement,
    drop,
    dependencies,
    section,
    hasData,
    tablespace,
    accessMethod,
  };
}
