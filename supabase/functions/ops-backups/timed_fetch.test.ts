import assert from "node:assert/strict";
import { timedFetch } from "./timed_fetch.ts";

const answering = (response: Response): typeof fetch => () => Promise.resolve(response);

/** Rejects as `fetch` does when its signal is aborted. */
function interrupted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("timedFetch() returns the complete response, also one without a body", async () => {
  const init = { status: 201, headers: { "x-ratelimit-remaining": "7" } };
  const created = await timedFetch(answering(Response.json({ id: 1 }, init)), 1000)("x:");
  assert.deepEqual([created.status, created.headers.get("x-ratelimit-remaining")], [201, "7"]);
  assert.deepEqual(await created.json(), { id: 1 });
  const empty = await timedFetch(answering(new Response(null, { status: 204 })), 1000)("x:");
  assert.deepEqual([empty.status, await empty.text()], [204, ""]);
});

Deno.test("timedFetch() aborts a request whose response, or the rest of it, does not arrive", async () => {
  const silent: typeof fetch = (_, init) => interrupted(init?.signal);
  await assert.rejects(timedFetch(silent, 10)("x:"), { name: "TimeoutError" });
  const stalled: typeof fetch = (_, init) => {
    const start = (body: ReadableStreamDefaultController) => {
      body.enqueue(new TextEncoder().encode("{"));
      interrupted(init?.signal).catch((reason) => body.error(reason));
    };
    return Promise.resolve(new Response(new ReadableStream({ start })));
  };
  await assert.rejects(timedFetch(stalled, 10)("x:"), { name: "TimeoutError" });
});

Deno.test({
  name: "timedFetch() stops its clock when the answer is there",
  // fails a test that leaves a timer behind
  sanitizeOps: true,
  fn: async () => {
    await timedFetch(answering(new Response("there")), 60_000)("x:");
  },
});
