import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import { giveLinks, readFeatures } from "./download.ts";
import { formatFailure } from "./failure_log.ts";
import { ENVIRONMENT, MemoryDatabase, NOW, R2_KEY } from "./test_fakes.ts";

const SECRETS: Record<string, string> = {
  ...ENVIRONMENT,
  R2_DOWNLOAD_ENDPOINT: "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/",
  R2_DOWNLOAD_ACCESS_KEY_ID: "reader",
  R2_DOWNLOAD_SECRET_ACCESS_KEY: "secret-of-the-reader",
};
const REQUEST = { action: "download", r2_key: R2_KEY, reason: "cópia para o auditor" } as const;

function place(answer: () => Promise<Response>, secrets: Record<string, string> = SECRETS) {
  const database = new MemoryDatabase();
  database.stored.set(R2_KEY, { bucket: "cofre", key: R2_KEY });
  const asked: string[] = [];
  const deps = {
    database,
    env: (name: string) => secrets[name],
    fetch: (async (input, init) => {
      asked.push(`${init?.method} ${input}`);
      assert.equal(database.downloads.length, 1, "the reason is recorded before anything is signed");
      return await answer();
    }) satisfies typeof fetch,
    now: () => NOW,
  };
  return { database, asked, deps };
}

Deno.test("giveLinks() signs archive and manifest for five minutes, after the record", async () => {
  const { database, asked, deps } = place(() => Promise.resolve(new Response(null)));
  const { archive, manifest, expires_at } = await giveLinks(REQUEST, deps);
  assert.deepEqual(database.downloads, [{ key: R2_KEY, reason: REQUEST.reason }]);
  assert.equal(expires_at, new Date(NOW.getTime() + 300_000).toISOString());
  const url = new URL(archive.url);
  assert.equal(url.host, "0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com");
  assert.equal(url.pathname, `/cofre/${R2_KEY}`);
  assert.equal(url.searchParams.get("X-Amz-Expires"), "300");
  assert.equal(
    url.searchParams.get("response-content-disposition"),
    `attachment; filename="${archive.file}"`,
  );
  assert.match(manifest?.url ?? "", /\.manifest\.json\?/);
  assert.deepEqual(asked.map((line) => /^HEAD [^?]*(\.gz|\.json)\?/.exec(line)?.[1]), [".gz", ".json"]);
  assert.doesNotMatch(JSON.stringify([archive, manifest]), /secret-of-the-reader/);
});

Deno.test("giveLinks() gives no link to a manifest that the vault does not have", async () => {
  const { asked, deps } = place(() => Promise.resolve(new Response(null, { status: asked[1] ? 404 : 200 })));
  assert.equal((await giveLinks(REQUEST, deps)).manifest, null);
});

Deno.test("giveLinks() is off without its secrets, also with some of them, and records nothing", async () => {
  const open = { ...SECRETS, R2_DOWNLOAD_ENDPOINT: "http://vault.example" };
  for (const secrets of [ENVIRONMENT, { ...SECRETS, R2_DOWNLOAD_ACCESS_KEY_ID: " " }, open]) {
    const { database, deps } = place(() => Promise.reject(new Error("nothing is asked")), secrets);
    assert.equal(readFeatures(deps).download, false);
    await assert.rejects(giveLinks(REQUEST, deps), { code: "downloads_off" });
    assert.deepEqual(database.downloads, []);
  }
  assert.deepEqual(readFeatures({ env: (name) => SECRETS[name] }), {
    ...{ ok: true, kind: "features", download: true, look: false },
    repository: "https://github.example/revo/erp",
  });
});

Deno.test("giveLinks() gives no link that would not work, and logs no link", async () => {
  for (
    const [status, code] of [[404, "vault_object_missing"], [403, "vault_auth_failed"], [
      500,
      "vault_error",
    ]] as const
  ) {
    const { deps } = place(() => Promise.resolve(new Response(null, { status })));
    await assert.rejects(giveLinks(REQUEST, deps), { code });
  }
  const { deps, asked } = place(() => Promise.reject(new TypeError(`cannot send to ${asked.at(-1)}`)));
  await assert.rejects(giveLinks(REQUEST, deps), (error: unknown) => {
    assert.ok(error instanceof BackupError);
    assert.equal(error.code, "vault_unreachable");
    assert.doesNotMatch(formatFailure(error), /Signature=[0-9a-f]/);
    return true;
  });
});
