/**
 * The table of contents of a pg_dump custom-format archive, read from the bytes at its head.
 * `pg_restore -l` prints the same, but ambiguously: names with blanks and line breaks are not distinguishable.
 * Source: PostgreSQL's pg_backup_archiver.c (ReadHead, ReadToc), archive versions 1.14 (PostgreSQL 12 to 15),
 * 1.15 (16) and 1.16 (17 and 18).
 */
import { BackupError } from "@backup/errors.ts";

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
  /** pg_dump's section: 1 none, 2 before rows, 3 rows, 4 after rows. */
  section: number;
}

export interface ArchiveToc {
  /** Version of the dumped server and of the pg_dump that wrote it. */
  serverVersion: string;
  dumpVersion: string;
  entries: TocEntry[];
}

const MAGIC = "PGDMP";
const CUSTOM_FORMAT = 1;
const KNOWN_MINORS = { first: 14, last: 16 };

/** What a table of contents may take. One of 5,000 tables has 20 MB, the longest definition in it 100 kB. */
export interface TocLimits {
  /** Bytes of the whole table of contents. */
  bytes: number;
  /** Bytes of one text, for example a function's definition. */
  textBytes: number;
}
const LIMITS: TocLimits = { bytes: 256 * 2 ** 20, textBytes: 32 * 2 ** 20 };
/** Bytes of an integer and of an offset, as pg_dump writes them: those of C's types. */
const MOST_NUMBER_BYTES = 8;

/**
 * @param source the archive's bytes, uncompressed; read up to the end of the table of contents
 * @throws {BackupError} `archive_rejected` when it is no custom-format archive of a known version, ends early or exceeds
 * the limits: a few bytes of gzip can hold gigabytes.
 */
export async function readToc(
  source: AsyncIterable<Uint8Array>,
  limits: TocLimits = LIMITS,
): Promise<ArchiveToc> {
  const reader = new ByteReader(source[Symbol.asyncIterator](), limits);
  try {
    return await parse(reader);
  } finally {
    await reader.close();
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
  if (minor >= 15) await reader.byte(); // compression algorithm
  else await reader.int(); // compression level
  for (let i = 0; i < 7; i++) await reader.int(); // time of the dump
  await reader.text(); // database
  const serverVersion = await reader.text() ?? "";
  const dumpVersion = await reader.text() ?? "";
  const count = await reader.int();
  const entries: TocEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(await parseEntry(reader, minor, offsetSize));
  return { serverVersion, dumpVersion, entries };
}

async function parseEntry(reader: ByteReader, minor: number, offsetSize: number): Promise<TocEntry> {
  const dumpId = await reader.int();
  await reader.int(); // whether data follows
  await reader.text(); // catalog's oid
  await reader.text(); // object's oid
  const tag = await reader.text() ?? "";
  const kind = await reader.text() ?? "";
  const section = await reader.int();
  const definition = await reader.text() ?? "";
  const drop = await reader.text() ?? "";
  const copyStatement = await reader.text() ?? "";
  const schema = await reader.text();
  await reader.text(); // tablespace
  await reader.text(); // table access method
  if (minor >= 16) await reader.int(); // relkind
  const owner = await reader.text() ?? "";
  await reader.text(); // WITH OIDS, always false
  while (await reader.text() !== null); // dependencies
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
    section,
  };
}

/** Reads the archive's data types from a stream of bytes. */
class ByteReader {
  intSize = 4;
  #buffer: Uint8Array = new Uint8Array(0);
  #at = 0;
  #taken = 0;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #limits: TocLimits;

  constructor(source: AsyncIterator<Uint8Array>, limits: TocLimits) {
    [this.#source, this.#limits] = [source, limits];
  }

  async take(length: number): Promise<Uint8Array> {
    this.#taken += length;
    if (this.#taken > this.#limits.bytes) {
      throw this.#tooLarge(`its table of contents has more than ${this.#limits.bytes} bytes`);
    }
    if (this.#buffer.length - this.#at < length) await this.#fill(length);
    const taken = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  async byte(): Promise<number> {
    return (await this.take(1))[0] ?? 0;
  }

  /** A sign byte, then the magnitude with the lowest byte first. */
  async int(): Promise<number> {
    const bytes = await this.take(1 + this.intSize);
    let value = 0;
    for (let i = this.intSize; i >= 1; i--) value = value * 256 + (bytes[i] ?? 0);
    return bytes[0] ? -value : value;
  }

  /** A length and that many bytes of UTF-8; length -1 is `null`. */
  async text(): Promise<string | null> {
    const length = await this.int();
    if (length > this.#limits.textBytes) throw this.#tooLarge(`a text in it has ${length} bytes`);
    return length < 0 ? null : new TextDecoder().decode(await this.take(length));
  }

  /** The size of a type of numbers. */
  async numberSize(): Promise<number> {
    const size = await this.byte();
    if (size >= 1 && size <= MOST_NUMBER_BYTES) return size;
    throw this.#tooLarge(`a number in it has ${size} bytes`);
  }

  #tooLarge(what: string): BackupError {
    return new BackupError("archive_rejected", `Cannot read the archive at byte ${this.#taken}: ${what}`, {
      hint: "pg_dump writes no such archive: find out who put it there.",
    });
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #fill(length: number): Promise<void> {
    const pieces = [this.#buffer.subarray(this.#at)];
    let have = this.#buffer.length - this.#at;
    while (have < length) {
      const next = await this.#source.next();
      if (next.done) {
        throw new BackupError("archive_rejected", "Cannot read the archive: it ends before its contents do");
      }
      pieces.push(next.value);
      have += next.value.length;
    }
    this.#buffer = pieces.length === 1 ? pieces[0] ?? this.#buffer : Buffer.concat(pieces);
    this.#at = 0;
  }
}
