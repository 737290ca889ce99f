import assert from "node:assert/strict";
import { BackupError } from "../errors.ts";
import { exampleManifest } from "./manifest_example.ts";
import { formatManifest } from "./manifest.ts";
import { makeKeyPair, readPublicKeys, Signer, TrustedKeys } from "./signature.ts";

const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.manifest.json";
const [ours, theirs] = await Promise.all([makeKeyPair(), makeKeyPair()]);
const signer = new Signer(ours.privateKey);
const trusted = new TrustedKeys([ours.publicKey]);
const signed: Record<string, unknown> = JSON.parse(await formatManifest(KEY, exampleManifest, signer));

async function stateOf(key: string, content: unknown, keys = trusted): Promise<string> {
  return (await keys.judgeJson(key, content)).state;
}

Deno.test("a signed manifest is known by its key, in any formatting", async () => {
  assert.deepEqual(await trusted.judgeJson(KEY, signed), { state: "signed", keyId: ours.keyId });
  const reordered = Object.fromEntries(Object.entries(signed).reverse());
  assert.equal(await stateOf(KEY, JSON.parse(JSON.stringify(reordered))), "signed");
  assert.equal(await signer.publicKey(), ours.publicKey);
  assert.equal(await signer.keyId(), ours.keyId);
});

Deno.test("the hash over the manifest is not part of what is signed", async () => {
  assert.equal(await stateOf(KEY, { ...signed, manifest_sha256: "0".repeat(64) }), "signed");
});

Deno.test("any change of the content, and a copy under another key, is forged", async () => {
  for (
    const change of [{ sha256: "f".repeat(64) }, { created_at_utc: "2027-01-01T00:00:00Z" }, { unknown: 1 }]
  ) {
    assert.equal(await stateOf(KEY, { ...signed, ...change }), "forged", JSON.stringify(change));
  }
  assert.equal(await stateOf(KEY.replaceAll("0115", "0116"), signed), "forged");
  assert.equal(await stateOf(KEY.replaceAll("prod", "dev"), signed), "forged");
});

Deno.test("a signature that was taken away, is another's or is of no known form counts for nothing", async () => {
  const { signature, ...stripped } = signed;
  assert.equal(await stateOf(KEY, stripped), "unsigned");
  assert.equal(await stateOf(KEY, signed, new TrustedKeys([theirs.publicKey])), "foreign");
  assert.equal(await stateOf(KEY, signed, TrustedKeys.NONE), "foreign");
  for (
    const value of [null, "x", {}, { ...signature as object, value: "x" }, {
      ...signature as object,
      algorithm: "none",
    }]
  ) {
    assert.equal(await stateOf(KEY, { ...signed, signature: value }), "unsigned", JSON.stringify(value));
  }
  const lent = { ...signature as object, key_id: theirs.keyId };
  assert.equal(
    await stateOf(KEY, { ...signed, signature: lent }, new TrustedKeys([theirs.publicKey])),
    "forged",
  );
});

Deno.test("several keys are trusted while one replaces another", async () => {
  const both = new TrustedKeys([theirs.publicKey, ours.publicKey]);
  assert.equal(await stateOf(KEY, signed, both), "signed");
  const next = JSON.parse(await formatManifest(KEY, exampleManifest, new Signer(theirs.privateKey)));
  assert.equal(await stateOf(KEY, next, both), "signed");
});

Deno.test("public keys are read one a line, with comments", () => {
  assert.deepEqual(readPublicKeys(`# ours\n\n ${ours.publicKey}  # since 2026\n${theirs.publicKey}`), [
    ours.publicKey,
    theirs.publicKey,
  ]);
});

Deno.test("what is no key is refused, a private one without its text", () => {
  assert.throws(() => new TrustedKeys([ours.privateKey.slice(0, -1)]), { code: "missing_environment" });
  for (const text of ["", "x", ours.publicKey, ours.privateKey.slice(1)]) {
    assert.throws(
      () => new Signer(text),
      (error) =>
        error instanceof BackupError && error.code === "missing_environment" &&
        (text.length < 2 || !error.message.includes(text)),
    );
  }
});
