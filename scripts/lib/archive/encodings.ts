/**
 * How psql reads UTF-8 after code of an archive, a check that rows call for example, has changed the session's encoding:
 * nothing prevents that, and psql follows it. In some encodings a byte of a letter takes the next byte with it, which then is
 * no backslash any more. No letter has a byte below 0x40 in second place: the server refuses a text with a quote there.
 * Source: PostgreSQL's psqlscan.l (psqlscan_prepare_buffer) and wchar.c.
 */

const isHigh = (byte: number) => byte >= 0x80;
/** Bytes of a letter, by its first two. */
const WIDTHS: readonly ((byte: number, next: number) => number)[] = [
  // SJIS, SHIFT_JIS_2004
  (byte) => byte >= 0xa1 && byte <= 0xdf ? 1 : isHigh(byte) ? 2 : 1,
  // BIG5, GBK, UHC
  (byte) => isHigh(byte) ? 2 : 1,
  // GB18030
  (byte, next) => !isHigh(byte) ? 1 : next >= 0x30 && next <= 0x39 ? 4 : 2,
];
const SECOND_FROM = 0x40;
const SOME_LETTER = 0xff;

/** A text as psql reads it in UTF-8 and in each of these encodings, one character a byte. */
export function readingsOf(sql: string): string[] {
  const bytes = Buffer.from(sql);
  const readings = bytes.some(isHigh) ? [bytes, ...WIDTHS.map((width) => masked(bytes, width))] : [bytes];
  return readings.map((reading) => reading.toString("latin1"));
}

function masked(bytes: Buffer, width: (typeof WIDTHS)[number]): Buffer {
  const read = Buffer.from(bytes);
  for (let at = 0; at < bytes.length;) {
    const end = at + width(bytes[at] ?? 0, bytes[at + 1] ?? 0);
    while (++at < end) if ((bytes[at] ?? 0) >= SECOND_FROM) read[at] = SOME_LETTER;
  }
  return read;
}
