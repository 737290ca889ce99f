import assert from "node:assert/strict";
import {
  auditKey,
  type AuditLine,
  checkChain,
  formatAuditLines,
  isUnchanged,
  parseAuditKey,
  parseAuditLines,
} from "./audit.ts";

const CHAIN = "6f1c1c1e-7a52-8a0e-8a52-2d5f0c1a9b11";

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A chain of so many records. */
async function chainOf(length: number): Promise<AuditLine[]> {
  const lines: AuditLine[] = [];
  for (let seq = 1; seq <= length; seq++) {
    const prev_hash = lines.at(-1)?.hash ?? "0".repeat(64);
    const record = JSON.stringify({
      chain_id: CHAIN,
      seq,
      at: "2026-11-24T00:00:00.000000Z",
      event: "refusal",
      actor: "josé@revo.com.br",
      actor_id: null,
      target: null,
      request_id: null,
      r2_key: null,
      code: "forbidden",
      detail: null,
    });
    lines.push({ record, prev_hash, hash: await hashOf(prev_hash + record) });
  }
  return lines;
}

Deno.test("the records of an object are found by its key", () => {
  const range = { chainId: CHAIN, first: 1, last: 40 };
  assert.equal(auditKey(range), `audit/${CHAIN}/000000000001-000000000040.jsonl`);
  assert.deepEqual(parseAuditKey(auditKey(range)), range);
  for (const other of ["audit/x/1-2.jsonl", `revo/${CHAIN}/000000000001-000000000040.jsonl`, "audit/"]) {
    assert.equal(parseAuditKey(other), null);
  }
});

Deno.test("lines are read back as they were written", async () => {
  const lines = await chainOf(3);
  assert.deepEqual(parseAuditLines(formatAuditLines(lines)), lines);
  assert.throws(() => parseAuditLines("{}\n"));
});

Deno.test("an unchanged chain verifies", async () => {
  assert.equal(await checkChain(CHAIN, await chainOf(5)), null);
  assert.equal(await checkChain(CHAIN, []), null);
});

Deno.test("a changed, removed, inserted or moved record is named by its number", async () => {
  const lines = await chainOf(5);
  const whereIs = async (changed: AuditLine[]) => (await checkChain(CHAIN, changed))?.seq;
  const third = lines[2];
  assert.ok(third);
  const text = { ...third, record: third.record.replace("josé", "jose") };
  assert.equal(await isUnchanged(text), false);
  assert.equal(await whereIs(lines.with(2, text)), 3);
  const fitted = { ...text, hash: await hashOf(text.prev_hash + text.record) };
  assert.equal(await whereIs(lines.with(2, fitted)), 4);
  assert.equal(await whereIs(lines.toSpliced(2, 1)), 3);
  assert.equal(await whereIs(lines.toSpliced(0, 1)), 1);
  assert.equal(await whereIs(lines.toSpliced(2, 0, third)), 4);
  assert.equal(await whereIs([...lines].reverse()), 1);
  assert.match((await checkChain("another", lines))?.why ?? "", /another chain/);
});
