/** Rows of a table out of one member of an archive, as the index names them. */
import { BackupError } from "@backup/errors.ts";

/** Of a length: a sign and four bytes. */
const LENGTH_BYTES = 5;
const LINE_FEED = 10;

/**
 * The rows as COPY's text, without their line feeds.
 * @param member its bytes, uncompressed
 * @throws {BackupError} `archive_corrupt` when fewer rows than these begin there
 */
export function* rowsOfPart(
  member: Buffer,
  { offset, rows }: { offset: number; rows: number },
): Generator<Buffer> {
  let left = rows;
  // pg_dump may write a part of a row, or several rows, with one length
  let begun: Buffer[] = [];
  for (let at = offset; left > 0;) {
    const from = at + LENGTH_BYTES;
    const length = from <= member.length && member[at] === 0 ? member.readUInt32LE(at + 1) : 0;
    at = from + length;
    if (length === 0 || at > member.length) throw tooFew(rows - left, rows);
    let start = from;
    for (let end = member.indexOf(LINE_FEED, start); end >= 0 && end < at && left > 0;) {
      const row = member.subarray(start, end);
      yield begun.length === 0 ? row : Buffer.concat([...begun, row]);
      [begun, start, left] = [[], end + 1, left - 1];
      if (start < at) end = member.indexOf(LINE_FEED, start);
      else break;
    }
    if (start < at) begun.push(member.subarray(start, at));
  }
}

function tooFew(found: number, expected: number): BackupError {
  return new BackupError(
    "archive_corrupt",
    `Cannot read the archive: ${found} rows are where its index says ${expected}`,
  );
}
