/** Reads a stored archive once, from its first byte to its last, and stores nothing. */
import { once } from "node:events";
import { createGunzip, type Gunzip } from "node:zlib";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { countArchivedRows, type CountedRows } from "../archive/archive_data.ts";
import { WholeRead } from "../process/whole_read.ts";
import { type ArchiveToc, openArchive } from "../archive/archive_toc.ts";

export interface ReadArchive {
  /** Of the stored bytes. */
  bytes: number;
  sha256: string;
  /** The decompressed content; an error when the bytes do not decompress, or when the content is not an archive. */
  content: ArchiveContent | BackupError;
}

export interface ArchiveContent {
  rawBytes: number;
  toc: ArchiveToc;
  /** As they lie in the blocks of data. */
  rows: CountedRows;
}

const CHUNK_BYTES = 256 * 1024;

/**
 * Hashes and uncompresses in one pass; the hash is that of the whole stream, also when its content is damaged.
 * @param open decrypts; what it throws is the content's error
 * @throws what the source throws.
 */
export async function readArchive(
  source: AsyncIterable<Uint8Array>,
  onBytes: (done: number) => void,
  open: (bytes: AsyncGenerator<Uint8Array>) => AsyncIterable<Uint8Array> = (bytes) => bytes,
): Promise<ReadArchive> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const content = readContent(gunzip).catch(toContentError);
  const stored = new WholeRead(source, onBytes);
  const closed = await writeAll(gunzip, open(stored.chunks())).then(() => null, toContentError);
  if (closed === null) gunzip.end();
  else gunzip.destroy();
  const found = await content;
  return { ...await stored.finish(), content: closed ?? found };
}

async function writeAll(gunzip: Gunzip, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await write(gunzip, chunk);
}

/** After its first error gunzip accepts no more input. */
async function write(gunzip: Gunzip, chunk: Uint8Array): Promise<void> {
  if (gunzip.destroyed || gunzip.write(chunk)) return;
  const settled = new AbortController();
  const { signal } = settled;
  try {
    await Promise.race([once(gunzip, "drain", { signal }), once(gunzip, "close", { signal })]);
  } catch {
    // its error is the reader's
  } finally {
    settled.abort();
  }
}

async function readContent(gunzip: Gunzip): Promise<ArchiveContent> {
  const chunks = gunzip[Symbol.asyncIterator]();
  let rawBytes = 0;
  const next = async () => {
    const result = await chunks.next();
    if (!result.done) rawBytes += result.value.length;
    return result;
  };
  // without `return`: the reader of the archive must not end the stream, which is read to its own end
  const archive = await readBlocks({ [Symbol.asyncIterator]: () => ({ next }) }).catch(toContentError);
  while (!(await next()).done);
  if (archive instanceof BackupError) throw archive;
  return { rawBytes, ...archive };
}

async function readBlocks(source: AsyncIterable<Uint8Array>): Promise<Omit<ArchiveContent, "rawBytes">> {
  const archive = await openArchive(source);
  return { toc: archive.toc, rows: await countArchivedRows(archive) };
}

function toContentError(thrown: unknown): BackupError {
  if (thrown instanceof BackupError) return thrown;
  const { message } = toBackupError(thrown);
  return new BackupError("archive_corrupt", `Cannot uncompress the archive: ${message}`, { cause: thrown });
}
