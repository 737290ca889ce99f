import fc from "fast-check";
import { expect, test } from "vitest";
import { wholeRows } from "./stage_rows.ts";

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    await Promise.resolve();
    if (cut > from) yield bytes.subarray(from, cut);
    from = Math.max(from, cut);
  }
}

test("rows are cut at their ends only, and the mark of their end is left out, however they arrive", async () => {
  const row = fc.constantFrom("", "1\ta", "\\\\.", "\\N\tçé", "x".repeat(40));
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 12 }),
      fc.array(fc.nat(600), { maxLength: 9 }),
      async (rows, cuts) => {
        const text = rows.map((each) => `${each}\n`).join("");
        const pieces: string[] = [];
        for await (const piece of wholeRows(inPieces(Buffer.from(`${text}\\.\n\n\n`), cuts))) {
          pieces.push(Buffer.from(piece).toString());
        }
        expect(pieces.join("")).toBe(text);
        expect(pieces.every((piece) => piece.endsWith("\n"))).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
