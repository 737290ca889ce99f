import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOfBytes } from "./lines.ts";
import { type Change, newHeader, reversed } from "./patch.ts";
import { readReview, writeReview } from "./review_file.ts";

const SEPARATORS = "a\u2028b\u2029c\rd\ne\u0085";
const CHANGES: readonly Change[] = [
  ["public.t", "i", ["1"], null, ["1", SEPARATORS], "asked"],
  ["public.t", "u", ["2"], ["2", null], ["2", ""], "asked"],
];
const HEADER = newHeader({
  target: "dev",
  source: "revo/prod/x",
  tables: { "public.t": { columns: ["id", "nome"], key: ["id"] } },
});
const NOW = new Date("2026-01-15T10:00:00Z");
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

let folder: string;
let path: string;
let hash: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "revo-test-review-"));
  path = join(folder, "review.jsonl");
  hash = await writeReview(path, HEADER, stream(CHANGES), NOW);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

test("a review is read as it was written, by its owner alone", async () => {
  const { header, changes } = await readReview(path, { hash, target: "dev", now: later(30) });
  expect(header).toEqual(HEADER);
  const read: Change[] = [];
  for await (const change of changes()) read.push(change);
  expect(read).toEqual(CHANGES);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await expect(writeReview(path, HEADER, stream([]), NOW)).rejects.toMatchObject({ code: "invalid_payload" });
});

test.each<
  [string, Partial<{ hash: string; target: "prod"; now: Date; change: (text: string) => string }>, string]
>([
  ["another hash", { hash: "0".repeat(64) }, "has the hash"],
  ["another database", { target: "prod" }, "it is of dev"],
  ["after 31 minutes", { now: later(31) }, "31 minutes old"],
  ["before it was made", { now: later(-1) }, "minutes old"],
  ["a changed value", { change: (text) => text.replace('"2",null', '"2","x"') }, "was changed"],
  ["a changed header", { change: (text) => text.replace('"dev"', '"prod"') }, "was changed"],
  ["a row less", { change: (text) => text.replace(/^\["public.t","u".*\n/m, "") }, "was changed"],
  ["no last line", { change: (text) => text.replace(/\{"hash".*\n$/, "") }, "was changed"],
  ["an empty file", { change: () => "" }, "was changed"],
])("%s is refused", async (name, { change = (text: string) => text, ...asked }, why) => {
  const file = join(folder, `${name}.jsonl`);
  await writeFile(file, change(await readFile(path, "utf8")));
  await expect(readReview(file, { hash, target: "dev", now: NOW, ...asked })).rejects.toMatchObject({
    code: "take_review_invalid",
    message: expect.stringContaining(why),
  });
});

test("a file that is not there is refused", async () => {
  const asked = readReview(join(folder, "nada"), { hash, target: "dev", now: NOW });
  await expect(asked).rejects.toMatchObject({ code: "take_review_invalid" });
});

test("the reverse of the reverse is the change, but for why", () => {
  expect(CHANGES.map(reversed).map(reversed).map((change) => change.slice(0, 5)))
    .toEqual(CHANGES.map((change) => change.slice(0, 5)));
  expect(CHANGES.map(reversed).map(([, operation]) => operation)).toEqual(["d", "u"]);
});

test("only a line feed ends a line, wherever the bytes are cut", async () => {
  const bytes = Buffer.from("á\u2028b\r\n\nlast");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lines: string[] = [];
    for await (const line of linesOfBytes(stream([bytes.subarray(0, cut), bytes.subarray(cut)]))) {
      lines.push(line);
    }
    expect(lines).toEqual(["á\u2028b\r", "", "last"]);
  }
});
