import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { readArchive } from "./read_archive.ts";

/** A custom-format archive of version 1.16 with the rows of one table. */
function archive(rows: Uint8Array): Uint8Array {
  const int = (value: number) => [0, value & 255, value >> 8 & 255, value >> 16, 0];
  const text = (value: string) => [...int(value.length), ...new TextEncoder().encode(value)];
  const none = [1, 1, 0, 0, 0]; // -1
  const head = [1, 16, 0, 4, 8, 1, 0, ...Array.from({ length: 7 }, () => int(0)).flat()];
  const names = [...text("loja"), ...text("17.6"), ...text("17.6"), ...int(1)];
  const before = [
    ...int(7),
    ...int(1),
    ...text("0"),
    ...text("0"),
    ...text("pedidos"),
    ...text("TABLE DATA"),
  ];
  const statements = [...int(3), ...none, ...none, ...text("COPY public.pedidos (id) FROM stdin;\n")];
  const after = [...text("public"), ...none, ...none, ...int(0), ...text("postgres"), ...none, ...none];
  const entry = [...before, ...statements, ...after, ...Array.from({ length: 9 }, () => 0)];
  return Buffer.concat([
    Buffer.from("PGDMP"),
    Buffer.from([...head, ...names, ...entry, 1, ...int(7), ...int(rows.length)]),
    rows,
    Buffer.from(int(0)),
  ]);
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const read = (bytes: Uint8Array, size = 1000) => readArchive(inPieces(bytes, size), () => {});
const rows = Buffer.concat([
  randomBytes(300_000).map((byte) => byte === 10 ? 0 : byte),
  Buffer.from("\n2\n\\.\n\n\n"),
]);
const raw = archive(rows);

test("a whole archive, of one gzip member or several, is hashed, measured and read", async () => {
  const split = raw.length - 1000;
  for (
    const stored of [
      gzipSync(raw),
      Buffer.concat([gzipSync(raw.subarray(0, split)), gzipSync(raw.subarray(split))]),
    ]
  ) {
    const reported: number[] = [];
    const found = await readArchive(inPieces(stored, 1000), (done) => reported.push(done));
    expect(found).toMatchObject({ bytes: stored.length, sha256: sha256(stored) });
    expect(found.content).toMatchObject({
      rawBytes: raw.length,
      toc: { serverVersion: "17.6", entries: [{ kind: "TABLE DATA", tag: "pedidos" }] },
      rows: new Map([[7, 2]]),
    });
    expect(reported.at(-1)).toBe(stored.length);
  }
});

test.each([
  ["cut off", gzipSync(raw).subarray(0, 200_000), "archive_corrupt"],
  ["damaged in its middle", flipped(gzipSync(raw), 150_000), "archive_corrupt"],
  ["damaged in its checksum", flipped(gzipSync(raw), gzipSync(raw).length - 6), "archive_corrupt"],
  ["no gzip", raw, "archive_corrupt"],
  ["gzip of something else", gzipSync(randomBytes(100_000)), "archive_rejected"],
  ["empty", new Uint8Array(0), "archive_corrupt"],
])("what is %s is hashed to its end, and its content is refused", async (_, stored, code) => {
  const { content, ...found } = await read(stored);
  expect(found).toEqual({ bytes: stored.length, sha256: sha256(stored) });
  expect(content).toBeInstanceOf(BackupError);
  expect(content).toMatchObject({ code });
});

test("a source that fails is no verdict", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* inPieces(gzipSync(raw).subarray(0, 100_000), 1000);
    throw new BackupError("vault_unreachable", "gone");
  }
  await expect(readArchive(broken(), () => {})).rejects.toMatchObject({ code: "vault_unreachable" });
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
