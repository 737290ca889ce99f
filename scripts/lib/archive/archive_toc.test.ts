/** The reader refuses what pg_dump does not write, without reading or keeping more than the limits. */
import process from "node:process";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readToc } from "./archive_toc.ts";
import { readGzippedToc } from "./contents.ts";

const int = (value: number) => {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32LE(value, 1);
  return bytes;
};
const text = (value: string) => Buffer.concat([int(value.length), Buffer.from(value)]);

/** Everything before the first entry. */
function head(sizes: [int: number, offset: number] = [4, 8], entries = 1): Buffer {
  return Buffer.concat([
    Buffer.from("PGDMP"),
    Buffer.from([1, 14, 0, ...sizes, 1]),
    int(0),
    ...Array.from({ length: 7 }, () => int(0)),
    text("banco"),
    text("15.18"),
    text("15.18"),
    int(entries),
  ]);
}

/** Counts what is pulled; ends never. */
function endless(start: Buffer, chunk: Buffer) {
  const counter = { pulled: 0 };
  async function* bytes() {
    yield start;
    for (;;) {
      counter.pulled += chunk.length;
      yield chunk;
    }
  }
  return { counter, source: bytes() };
}

const LIMITS = { bytes: 2 ** 20, textBytes: 2 ** 16 };

test.each([
  [
    "a text of two gigabytes",
    Buffer.concat([head(), int(1), int(0), int(2 ** 31 - 1)]),
    /a text in it has 2147483647 bytes/,
  ],
  ["an entry whose list of dependencies never ends", head(), /more than 1048576 bytes/],
  ["two billion entries", head([4, 8], 2 ** 31 - 1), /more than 1048576 bytes/],
])("%s is refused after at most the limit", async (_what, start, message) => {
  const { counter, source } = endless(start, Buffer.alloc(2 ** 16));
  await expect(readToc(source, LIMITS)).rejects.toMatchObject({
    code: "archive_rejected",
    message: expect.stringMatching(message),
  });
  expect(counter.pulled).toBeLessThanOrEqual(LIMITS.bytes + 2 ** 16);
});

test.each([[[0, 8]], [[255, 8]], [[4, 0]], [[4, 200]]] as const)(
  "numbers of %j bytes are refused",
  async (sizes) => {
    const { source } = endless(head([...sizes]), Buffer.alloc(2 ** 16));
    await expect(readToc(source, LIMITS)).rejects.toMatchObject({ code: "archive_rejected" });
  },
);

test("a small object of gzip that holds gigabytes is refused without keeping them", async () => {
  const bomb = gzipSync(Buffer.concat([head(), int(1), int(0), int(2 ** 31 - 1), Buffer.alloc(2 ** 26)]));
  expect(bomb.length).toBeLessThan(100_000);
  const before = process.memoryUsage().rss;
  await expect(readGzippedToc(Readable.from([bomb]))).rejects.toMatchObject({ code: "archive_rejected" });
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
});
