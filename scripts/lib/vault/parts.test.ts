import { expect, test } from "vitest";
import fc from "fast-check";
import { fillParts, PartBuffers } from "./parts.ts";
import { choosePartSize } from "./vault.ts";

async function* streamOf(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

test("parts are equal but for the last, and together the stream", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });
  await fc.assert(fc.asyncProperty(chunks, fc.integer({ min: 1, max: 64 }), async (stream, size) => {
    const chunks: Uint8Array[] = [];
    const parts: Uint8Array[] = [];
    const buffers = new PartBuffers(size);
    for await (const part of fillParts(streamOf(stream), buffers, (chunk) => chunks.push(chunk))) {
      parts.push(part.slice());
      buffers.release(part);
    }
    expect(Buffer.concat(parts).equals(Buffer.concat(stream))).toBe(true);
    expect(Buffer.concat(chunks).equals(Buffer.concat(stream))).toBe(true);
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts.slice(0, -1)) expect(part.length).toBe(size);
  }));
});

test("a database of 5 TB fits in 10,000 parts of at most 5 GiB", () => {
  for (const bytes of [0, 1e9, 5e12]) {
    const size = choosePartSize(bytes);
    expect(size * 10_000).toBeGreaterThanOrEqual(bytes);
    expect(size).toBeGreaterThanOrEqual(5 * 2 ** 20);
    expect(size).toBeLessThanOrEqual(5 * 2 ** 30);
  }
});
