import assert from "node:assert/strict";
import { fetchTail } from "./tail.ts";

const LIMITS = { most: 20, limitMs: 1_000 };

function read(text: string) {
  const half = Math.ceil(text.length / 2);
  const chunks = [text.slice(0, half), text.slice(half)].map((part) => new TextEncoder().encode(part));
  return fetchTail(
    () => Promise.resolve(new Response(ReadableStream.from(chunks))),
    "https://log.example",
    LIMITS,
  );
}

Deno.test("fetchTail() returns a short text whole, and of a long one the last whole lines", async () => {
  assert.deepEqual(await read("one\ntwo"), { status: 200, text: "one\ntwo" });
  assert.equal((await read(`${"a line\n".repeat(9)}postgres://u:secret@h\nlast`)).text, "last");
});
