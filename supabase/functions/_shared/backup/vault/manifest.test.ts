import assert from "node:assert/strict";
import { BackupError } from "../errors.ts";
import { exampleManifest as current, oldManifest as old } from "./manifest_example.ts";
import { canonicalText } from "./canonical.ts";
import { formatManifest, isProving, parseManifest } from "./manifest.ts";

const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.manifest.json";
const formatted = () => formatManifest(KEY, current, null);

Deno.test("a manifest parses to what was written, with its own hash", async () => {
  const { manifest_sha256, ...read } = {
    manifest_sha256: undefined,
    ...await parseManifest(await formatted()),
  };
  assert.deepEqual(read, current);
  assert.match(String(manifest_sha256), /^[0-9a-f]{64}$/);
});

Deno.test("the hashed text does not depend on key order or white space", () => {
  assert.equal(
    canonicalText({ b: [{ z: 1, a: null }], manifest_sha256: "x", a: { manifest_sha256: "y" } }, [
      "manifest_sha256",
    ]),
    '{"a":{"manifest_sha256":"y"},"b":[{"a":null,"z":1}]}',
  );
});

Deno.test("a manifest without its own hash is accepted", async () => {
  assert.deepEqual(await parseManifest(JSON.stringify(current)), current);
});

Deno.test("the request's id is any uuid of PostgreSQL, as a request may choose it", async () => {
  const request_id = "d41d8cd9-8f00-b204-e980-0998ecf8427e"; // of no version of RFC 9562
  assert.deepEqual(await parseManifest(JSON.stringify({ ...current, request_id })), {
    ...current,
    request_id,
  });
});

Deno.test("an old manifest is accepted in its own format, with fewer proofs", async () => {
  const manifest = await parseManifest(JSON.stringify(old));
  assert.equal(isProving(manifest), false);
  assert.equal(manifest.sha256, old.sha256);
});

async function code(text: string): Promise<string> {
  try {
    await parseManifest(text);
    return "accepted";
  } catch (error) {
    return error instanceof BackupError ? `${error.code}: ${error.message}` : String(error);
  }
}

Deno.test("a newer version is refused, with its number", async () => {
  assert.match(await code(JSON.stringify({ ...current, version: 3 })), /^manifest_too_new: .*version 3/);
});

Deno.test("an error names the invalid field", async () => {
  assert.match(await code("{"), /^manifest_invalid: .*not JSON/);
  assert.match(await code("null"), /^manifest_invalid/);
  assert.match(await code(JSON.stringify({ ...old, sha256: "x" })), /^manifest_invalid: .*sha256/);
  assert.match(await code(JSON.stringify({ ...current, rows: { a: -1 } })), /^manifest_invalid: .*rows\.a/);
  assert.match(await code(JSON.stringify({ ...current, version: "2" })), /^manifest_invalid: .*version/);
});

for (const change of [{ rows_total: 4 }, { rows: {} }, { label: "outro" }, { unknown_field: 1 }]) {
  Deno.test(`changed to ${JSON.stringify(change)} it is refused by its own hash`, async () => {
    const sealed: object = JSON.parse(await formatted());
    assert.match(
      await code(JSON.stringify({ ...sealed, ...change })),
      /^manifest_invalid: .*manifest_sha256 says/,
    );
  });
}

Deno.test("its key order and white space may change", async () => {
  const sealed: object = JSON.parse(await formatted());
  assert.equal(await code(JSON.stringify(Object.fromEntries(Object.entries(sealed).reverse()))), "accepted");
});
