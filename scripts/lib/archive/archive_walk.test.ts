import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ArchiveMember } from "@backup/vault/archive_index.ts";
import { gzipMembers } from "../process/gzip_members.ts";
import { ArchiveWalk, MEMBER_END } from "./archive_walk.ts";
import { copyColumns } from "./copy_columns.ts";
import { rowsOfPart } from "./member_rows.ts";

const int = (value: number) => {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32LE(value, 1);
  return bytes;
};
const text = (value: string | null) =>
  value === null
    ? Buffer.from([1, 1, 0, 0, 0])
    : Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);

interface Content {
  /** Rows of COPY's text. */
  tables: string[][];
  /** Pieces of a large object. */
  largeObject: Buffer[];
}

/** @param joined bytes of one length, in place of a row for each: as a later pg_dump may write */
function archiveOf({ tables, largeObject }: Content, joined: number | null): Buffer {
  const version = joined === null ? "15.18" : "19.1";
  const entries = [
    ...tables.map((_, i) => ({
      kind: "TABLE DATA",
      tag: `t${i}`,
      copy: `COPY public.t${i} (a, "B b") FROM stdin;\n`,
    })),
    { kind: "BLOBS", tag: "BLOBS", copy: "" },
  ];
  const toc = entries.map(({ kind, tag, copy }, i) =>
    Buffer.concat([
      ...[i + 1, 1].map(int),
      ...["0", "0", tag, kind].map(text),
      int(3),
      ...["", "", copy, "public", "", "", "postgres", "false", null].map(text),
      Buffer.alloc(9),
    ])
  );
  const head = [
    Buffer.from("PGDMP"),
    Buffer.from([1, 14, 0, 4, 8, 1]),
    ...Array.from({ length: 8 }, () => int(0)),
    ...["banco", version, version].map(text),
    int(entries.length),
  ];
  const framed = (pieces: readonly Buffer[]) => pieces.flatMap((piece) => [int(piece.length), piece]);
  const blocks = tables.flatMap((rows, i) => {
    const pieces = [...rows.map((row) => Buffer.from(`${row}\n`)), Buffer.from("\\.\n\n\n")];
    const all = Buffer.concat(pieces);
    const whole = joined === null ? pieces : [...slices(all, joined)];
    return [Buffer.from([1]), int(i + 1), ...framed(whole), int(0)];
  });
  const blobs = [Buffer.from([3]), int(entries.length), int(77), ...framed(largeObject), int(0), int(0)];
  return Buffer.concat([...head, ...toc, ...blocks, ...blobs]);
}

function* slices(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function membersOf(walk: ArchiveWalk, archive: Buffer, chunk: number): Promise<Buffer[]> {
  const members: Buffer[][] = [[]];
  for await (const piece of walk.pieces(Readable.from(slices(archive, chunk)))) {
    if (piece === MEMBER_END) members.push([]);
    else if (typeof piece !== "symbol") members.at(-1)?.push(Buffer.from(piece));
  }
  return members.map((pieces) => Buffer.concat(pieces));
}

const content = fc.record({
  tables: fc.array(
    fc.array(fc.string({ unit: fc.constantFrom("a", "ç", "\t", "\\n", "0", "\\.", ""), maxLength: 40 }), {
      maxLength: 30,
    }),
    { maxLength: 5 },
  ),
  largeObject: fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)), {
    maxLength: 4,
  }),
});

test("the members are the archive, and each row is where the index says, however the bytes come", async () => {
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.option(fc.integer({ min: 1, max: 300 })),
      fc.integer({ min: 1, max: 700 }),
      fc.record({ member: fc.integer({ min: 1, max: 400 }), smallMember: fc.integer({ min: 1, max: 200 }) }),
      async (given, joined, chunk, sizes) => {
        const archive = archiveOf(given, joined);
        const walk = new ArchiveWalk(sizes);
        const members = await membersOf(walk, archive, chunk);
        expect(Buffer.concat(members).equals(archive)).toBe(true);
        expect(members.every(({ length }) => length > 0)).toBe(true);
        expect(walk.rawBytes).toBe(archive.length);
        const found = walk.tables.map(({ parts }) =>
          parts.flatMap((part) => [...rowsOfPart(members[part.member] ?? Buffer.alloc(0), part)].map(String))
        );
        expect(found).toEqual(given.tables);
        expect(walk.tables.map(({ rows }) => rows)).toEqual(given.tables.map(({ length }) => length));
        for (const { columns } of walk.tables) expect(columns).toEqual(["a", "B b"]);
      },
    ),
    { numRuns: 100 },
  );
});

test("an archive that ends early or holds what pg_dump does not write is refused", async () => {
  const archive = archiveOf({ tables: [["a", "b"], ["c"]], largeObject: [Buffer.from("x")] }, null);
  for (let end = 0; end < archive.length; end++) {
    await expect(membersOf(new ArchiveWalk(), archive.subarray(0, end), 50)).rejects.toMatchObject({
      code: "archive_rejected",
    });
  }
  const block = archive.indexOf(Buffer.concat([Buffer.from([1]), int(2), int(2)]));
  for (const [at, byte] of [[block, 3], [block + 2, 9], [block + 6, 1]] as const) {
    const changed = Buffer.from(archive);
    changed[at] = byte;
    await expect(membersOf(new ArchiveWalk(), changed, 50)).rejects.toMatchObject({
      code: "archive_rejected",
    });
  }
});

test("the members are compressed one by one, and their hashes and sizes are those of the stream", async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => `${i}\t${"x".repeat(i % 90)}`);
  const archive = archiveOf({ tables: [rows, [], ["só uma"]], largeObject: [] }, null);
  const walk = new ArchiveWalk({ member: 20_000, smallMember: 500 });
  const members: ArchiveMember[] = [];
  const pieces = walk.pieces(Readable.from(slices(archive, 4096)));
  const stream: Uint8Array[] = [];
  for await (const chunk of gzipMembers(pieces, ["gzip", "-1", "-c"], (member) => members.push(member))) {
    stream.push(chunk);
  }
  const stored = Buffer.concat(stream);
  expect(gunzipSync(stored).equals(archive)).toBe(true);
  expect(members.length).toBeGreaterThan(8);
  const uncompressed: Buffer[] = [];
  for (let i = 0, at = 0; i < members.length; at += members[i++]?.bytes ?? 0) {
    uncompressed.push(gunzipSync(stored.subarray(at, at + (members[i]?.bytes ?? 0))));
  }
  expect(members.map(({ raw_bytes }) => raw_bytes)).toEqual(uncompressed.map(({ length }) => length));
  const [first] = walk.tables;
  const read = first?.parts.flatMap((part) =>
    [...rowsOfPart(uncompressed[part.member] ?? Buffer.alloc(0), part)].map(String)
  );
  expect(read).toEqual(rows);
});

test("a compressor that fails, is missing or writes less ends the stream with its reason, and a source that fails with its own", async () => {
  const read = async (source: AsyncIterable<Uint8Array>, program: string, ...args: string[]) => {
    for await (const _ of gzipMembers(source, [program, ...args], () => {}));
  };
  const zeros = () => Readable.from(Array.from({ length: 200 }, () => Buffer.alloc(65_536)));
  await expect(read(zeros(), "sh", "-c", "echo cheio >&2; exit 3")).rejects.toThrow("sh exited 3 cheio");
  await expect(read(zeros(), "no-such-program")).rejects.toThrow("no-such-program exited");
  await expect(read(zeros(), "sh", "-c", "cat > /dev/null; gzip -c < /dev/null")).rejects.toThrow(
    "incomplete",
  );
  async function* failing() {
    yield Buffer.from("x");
    await Promise.resolve();
    throw new Error("the source failed");
  }
  await expect(read(failing(), "gzip", "-c")).rejects.toThrow("the source failed");
});

/** Compresses nothing, and leaves its pid in a folder. */
const COUNTED = (folder: string) => ["sh", "-c", 'touch "$0/$$"; exec cat', folder] as const;

test.each([["its reader stops", "return"], ["it is ended while it is not read", "signal"]] as const)(
  "no process of the stream is left when %s",
  async (_when, how) => {
    const folder = await mkdtemp(join(tmpdir(), "revo-members-"));
    const end = new AbortController();
    async function* source() {
      for (let n = 0; n < 20; n++) {
        yield Buffer.alloc(200_000, n);
        yield MEMBER_END;
        await Promise.resolve();
      }
    }
    try {
      const stream = gzipMembers(source(), COUNTED(folder), () => {}, end.signal);
      await stream.next();
      // the third one begins when the first one is read to its end
      await expect.poll(() => readdir(folder)).toHaveLength(2);
      await sleep(100);
      if (how === "return") await stream.return(undefined);
      else end.abort();
      const left = async () => (await readdir(folder)).filter((pid) => isRunning(Number(pid)));
      await expect.poll(left).toEqual([]);
      await sleep(200);
      expect(await left()).toEqual([]);
      if (how === "signal") {
        await expect((async () => {
          for await (const _ of stream);
        })()).rejects.toThrow("was ended");
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("columns are named without quotes", () => {
  expect(copyColumns('COPY "A ""x""".t (id, "Preço, (R$)", "a""b") FROM stdin;\n')).toEqual([
    "id",
    "Preço, (R$)",
    'a"b',
  ]);
  expect(copyColumns("COPY public.nada  FROM stdin;\n")).toEqual([]);
});
