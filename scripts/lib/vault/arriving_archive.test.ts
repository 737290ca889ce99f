import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArrivingArchive } from "./arriving_archive.ts";

const MEMBERS = [Buffer.from("the first member, "), Buffer.from("the second one, "), Buffer.from("the last")];
const ARCHIVE = Buffer.concat(MEMBERS);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "arriving-"));
});

afterEach(() => rm(folder, { recursive: true }));

function arriving(source: AsyncIterable<Uint8Array>) {
  return new ArrivingArchive({
    key: "revo/prod/x.dump.gz",
    path: join(folder, "stored"),
    source,
    members: MEMBERS.map((member) => ({
      bytes: member.length,
      raw_bytes: member.length,
      sha256: sha256(member),
    })),
    onBytes: () => {},
    requireEqual: (received) => {
      if (received.sha256 !== sha256(ARCHIVE)) throw new Error(`received ${received.bytes} other bytes`);
    },
  });
}

async function* inPieces(bytes: Uint8Array, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** What a reader receives, and the error that ends it. */
async function received(archive: ArrivingArchive): Promise<[string, string | null]> {
  let text = "";
  try {
    for await (const chunk of archive.read()) text += Buffer.from(chunk).toString();
    return [text, null];
  } catch (error) {
    return [text, (error as Error).message];
  }
}

test.each([1, 5, 18, 19, 1000])("readers receive all of it, in pieces of %i bytes", async (length) => {
  const archive = arriving(inPieces(ARCHIVE, length));
  const both = await Promise.all([received(archive), received(archive)]);
  expect(both).toEqual([[ARCHIVE.toString(), null], [ARCHIVE.toString(), null]]);
  await archive.whole;
  expect(archive.isWhole).toBe(true);
  expect(await received(archive)).toEqual([ARCHIVE.toString(), null]);
  expect(await readFile(join(folder, "stored"))).toEqual(ARCHIVE);
});

test("a member is read before the next one has arrived", async () => {
  let arrive = () => {};
  const rest = new Promise<void>((resolve) => arrive = resolve);
  const archive = arriving((async function* () {
    yield ARCHIVE.subarray(0, 20); // two bytes of the second member
    await rest;
    yield ARCHIVE.subarray(20);
  })());
  const reader = archive.read();
  expect((await reader.next()).value?.toString()).toBe(MEMBERS[0]?.toString());
  expect(archive.isWhole).toBe(false);
  arrive();
  expect((await reader.next()).value?.toString()).toBe(Buffer.concat(MEMBERS.slice(1)).toString());
  expect((await reader.next()).done).toBe(true);
});

test("nothing from a changed member on is given out, and the whole is refused", async () => {
  const changed = Buffer.from(ARCHIVE);
  changed[20] = 0;
  const archive = arriving(inPieces(changed, 7));
  const error = `received ${ARCHIVE.length} other bytes`;
  expect(await received(archive)).toEqual([MEMBERS[0]?.toString(), error]);
  await expect(archive.whole).rejects.toThrow(error);
  expect(archive.isWhole).toBe(false);
});

test("an archive that its manifest knows and its index does not is refused", async () => {
  const archive = new ArrivingArchive({
    key: "revo/prod/x.dump.gz",
    path: join(folder, "stored"),
    source: inPieces(ARCHIVE, 7),
    members: [{ bytes: ARCHIVE.length, raw_bytes: 1, sha256: sha256(Buffer.from("another")) }],
    onBytes: () => {},
    requireEqual: () => {},
  });
  expect(await received(archive)).toEqual([
    "",
    "Cannot use revo/prod/x.dump.gz: member 0 is another than its index says",
  ]);
});

test("the error of the source ends every reader", async () => {
  const archive = arriving((async function* () {
    yield ARCHIVE.subarray(0, 20);
    await Promise.resolve();
    throw new Error("the vault is gone");
  })());
  expect(await received(archive)).toEqual([MEMBERS[0]?.toString(), "the vault is gone"]);
  expect(await received(archive)).toEqual([MEMBERS[0]?.toString(), "the vault is gone"]);
  await expect(archive.whole).rejects.toThrow("the vault is gone");
});
