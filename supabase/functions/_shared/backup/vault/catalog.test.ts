import assert from "node:assert/strict";
import { storedProofSchema } from "./catalog.ts";

Deno.test("a proof of another form says nothing, and does not make its row unreadable", () => {
  for (const proof of [null, {}, { passed: "12" }, [], "yes"]) {
    assert.equal(storedProofSchema.parse(proof), null);
  }
  const seconds = { load: 1 };
  const proof = {
    receipt_key: "k",
    drilled_at: "2026-01-01T00:00:00Z",
    passed: 1,
    failed: 0,
    skipped: 0,
    seconds,
    total_seconds: 1,
  };
  assert.deepEqual(storedProofSchema.parse(proof), proof);
});
