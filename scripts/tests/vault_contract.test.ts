/** The contract of every object store, and the vault on it: R2's simulator, and the one in memory. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import type { ListPage, ObjectStore } from "../lib/vault/object_store.ts";
import { newOrigin } from "../lib/vault/origin.ts";
import { R2Store } from "../lib/vault/r2_store.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import { startVault, type TestVault } from "./engine_fixture.ts";

const MIB = 1024 * 1024;

let simulator: TestVault;

beforeAll(async () => void (simulator = await startVault()));
afterAll(() => simulator?.stop());

function r2Store(): ObjectStore {
  const { R2_ENDPOINT, R2_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY } = simulator.secrets;
  const keys = { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY };
  return new R2Store({ endpoint: R2_ENDPOINT, bucket: R2_BUCKET, pageSize: 3, ...keys });
}

const md5Of = (body: Uint8Array) => createHash("md5").update(body).digest();

function newObject(key: string, text: string) {
  const body = new TextEncoder().encode(text);
  return { key, body, md5: md5Of(body), contentType: "text/plain", origin: newOrigin(randomUUID()) };
}

async function read({ body }: { body: AsyncIterable<Uint8Array> }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* stream(bytes: Uint8Array, chunk = 300_000) {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

describe.each([
  ["R2", r2Store],
  ["memory", () => new MemoryStore({ pageSize: 3 })],
])("%s", (_name, open) => {
  let store: ObjectStore;
  beforeAll(() => void (store = open()));

  test("an object has its bytes, ETag, time and origin", async () => {
    const object = newObject("contract/one", "its bytes");
    await store.put(object);
    const head = await store.head(object.key);
    expect(head).toEqual({
      key: object.key,
      bytes: object.body.length,
      etag: `"${object.md5.toString("hex")}"`,
      modifiedAt: expect.any(Date),
      readAt: expect.any(Date),
      origin: object.origin,
    });
    // the Date header has whole seconds
    expect(Math.abs((head?.readAt.getTime() ?? 0) - (head?.modifiedAt.getTime() ?? 0))).toBeLessThan(5_000);
    expect((await read(await store.get(object.key, 0))).toString()).toBe("its bytes");
  });

  test("an origin without a run has none", async () => {
    const origin = newOrigin();
    await store.put({ ...newObject("contract/no-run", "x"), origin });
    expect((await store.head("contract/no-run"))?.origin).toEqual({ writer: origin.writer, run: null });
  });

  test("an object may have no origin", async () => {
    await store.put({ ...newObject("contract/by-hand", "x"), origin: null });
    expect((await store.head("contract/by-hand"))?.origin).toBeNull();
  });

  test("a second object with the same key is refused, whatever its bytes, and the first one stays", async () => {
    const first = newObject("contract/taken", "first");
    await store.put(first);
    for (const text of ["second", "first"]) {
      await expect(store.put(newObject(first.key, text))).rejects.toMatchObject({
        code: "vault_object_exists",
      });
    }
    expect((await store.head(first.key))?.origin).toEqual(first.origin);
  });

  test("bytes that do not match the MD5 are refused", async () => {
    const object = { ...newObject("contract/md5", "these"), md5: md5Of(Buffer.from("others")) };
    await expect(store.put(object)).rejects.toMatchObject({ code: "vault_error", details: { status: 400 } });
    expect(await store.head(object.key)).toBeNull();
  });

  test("an empty object", async () => {
    await store.put(newObject("contract/empty", ""));
    expect(await read(await store.get("contract/empty", 0))).toHaveLength(0);
    expect(await store.head("contract/empty")).toMatchObject({ bytes: 0 });
  });

  test("an object is read from an offset on, to its end or for as many bytes", async () => {
    await store.put(newObject("contract/range", "0123456789"));
    const opened = await store.get("contract/range", 4);
    expect({ bytes: opened.bytes, text: (await read(opened)).toString() }).toEqual({
      bytes: 6,
      text: "456789",
    });
    const part = await store.get("contract/range", 0, undefined, 3);
    expect({ bytes: part.bytes, text: (await read(part)).toString() }).toEqual({ bytes: 3, text: "012" });
    expect((await read(await store.get("contract/range", 8, undefined, 99))).toString()).toBe("89");
  });

  test("a missing object", async () => {
    expect(await store.head("contract/none")).toBeNull();
    await expect(store.get("contract/none", 0)).rejects.toMatchObject({ code: "vault_object_missing" });
    await store.delete("contract/none");
    expect(await store.deleteMany(["contract/none"])).toEqual([]);
    const upload = { key: "contract/none", uploadId: "contract-none" };
    const part = { number: 1, body: new Uint8Array(1), md5: md5Of(new Uint8Array(1)) };
    await expect(store.uploadPart(upload, part)).rejects.toBeInstanceOf(BackupError);
    await expect(store.completeUpload(upload, ['"00"'])).rejects.toBeInstanceOf(BackupError);
  });

  test("keys are listed in byte order, by prefix", async () => {
    const names = ["a", "a-b", "a.b", "a/c", "aé", "B", "b"].map((name) => `order/${name}`);
    for (const key of names.toReversed()) await store.put(newObject(key, key));
    await store.put(newObject("order2", "x"));
    const objects = [];
    for await (const object of new StoredVault(store).list("order/")) objects.push(object);
    expect(objects.map(({ key }) => key)).toEqual(
      ["order/B", "order/a", "order/a-b", "order/a.b", "order/a/c", "order/aé", "order/b"],
    );
    expect(objects[1]).toMatchObject({
      bytes: 7,
      etag: `"${md5Of(Buffer.from("order/a")).toString("hex")}"`,
    });
  });

  test("a long listing has several pages, contains each key once, and its objects are deleted together", async () => {
    const keys = Array.from({ length: 7 }, (_, i) => `pages/${i}`);
    for (const key of keys) await store.put(newObject(key, "x"));
    const pages: string[][] = [];
    for (let from: string | null = null;;) {
      const page: ListPage = await store.list("pages/", from);
      pages.push(page.objects.map(({ key }) => key));
      if ((from = page.next) === null) break;
    }
    expect(pages).toEqual([keys.slice(0, 3), keys.slice(3, 6), keys.slice(6)]);
    expect(await store.deleteMany(keys.slice(0, 5))).toEqual([]);
    expect((await store.list("pages/", null)).objects.map(({ key }) => key)).toEqual(keys.slice(5));
  });

  /** Uploads parts of these sizes. */
  async function sendParts(key: string, sizes: readonly number[]) {
    const origin = newOrigin(randomUUID());
    const upload = await store.createUpload(key, origin);
    const bodies = sizes.map((size) => new Uint8Array(randomBytes(size)));
    const etags = [];
    for (const [i, body] of bodies.entries()) {
      etags.push(await store.uploadPart(upload, { number: i + 1, body, md5: md5Of(body) }));
    }
    return { origin, upload, etags, bodies };
  }

  test("a multipart object has the ETag of the parts' hashes, and its origin", async () => {
    const { origin, upload, etags, bodies } = await sendParts("contract/parts", [5 * MIB, 5 * MIB, 17]);
    expect(await store.head(upload.key)).toBeNull();
    await store.completeUpload(upload, etags);
    const whole = createHash("md5");
    for (const body of bodies) whole.update(md5Of(body));
    expect(await store.head(upload.key)).toMatchObject({
      bytes: 10 * MIB + 17,
      etag: `"${whole.digest("hex")}-3"`,
      origin,
    });
    expect((await read(await store.get(upload.key, 10 * MIB))).equals(Buffer.from(bodies[2] ?? []))).toBe(
      true,
    );
  });

  test("parts of unequal size are refused, and no object is made", async () => {
    const { upload, etags } = await sendParts("contract/unequal", [5 * MIB, 6 * MIB, 17]);
    await expect(store.completeUpload(upload, etags)).rejects.toMatchObject({
      code: expect.stringMatching(/^vault_(error|object_missing)$/),
    });
    expect(await store.head(upload.key)).toBeNull();
  });

  test("a part that does not match its MD5 is refused", async () => {
    const upload = await store.createUpload("contract/part-md5", newOrigin());
    const part = { number: 1, body: new Uint8Array(10), md5: md5Of(new Uint8Array(11)) };
    await expect(store.uploadPart(upload, part)).rejects.toMatchObject({ code: "vault_error" });
  });

  test("an aborted upload no longer exists", async () => {
    const { upload, etags } = await sendParts("contract/aborted", [100]);
    await store.abortUpload(upload);
    await expect(store.completeUpload(upload, etags)).rejects.toBeInstanceOf(BackupError);
    expect(await store.head(upload.key)).toBeNull();
  });

  test("every method stops when its signal is aborted, with the signal's reason", async () => {
    const reason = new BackupError("run_cancelled", "ended");
    const signal = AbortSignal.abort(reason);
    const upload = await store.createUpload("contract/signal", newOrigin());
    const part = { number: 1, body: new Uint8Array(1), md5: md5Of(new Uint8Array(1)) };
    const calls = [
      store.put(newObject("contract/signal", "x"), signal),
      store.head("contract/one", signal),
      store.get("contract/one", 0, signal),
      store.delete("contract/one", signal),
      store.deleteMany(["contract/one"], signal),
      store.list("contract/", null, signal),
      store.createUpload("contract/signal", newOrigin(), signal),
      store.uploadPart(upload, part, signal),
      store.completeUpload(upload, ['"00"'], signal),
      store.abortUpload(upload, signal),
      store.listUploads("contract/", signal),
      store.erasingRules(signal),
      store.clock(signal),
    ];
    for (const { status, ...rest } of await Promise.allSettled(calls)) {
      expect({ status, ...rest }).toEqual({ status: "rejected", reason });
    }
    expect(await store.head("contract/one")).not.toBeNull();
  });

  test("its clock agrees with the times of its objects", async () => {
    const object = newObject(`contract/clock-${randomUUID()}`, "x");
    await store.put(object);
    const written = (await store.head(object.key))?.modifiedAt.getTime() ?? 0;
    expect(Math.abs((await store.clock()).getTime() - written)).toBeLessThan(5_000);
  });

  describe("as a vault", () => {
    test("an upload has size, hash and writer, is read back equal, and reports its progress", async () => {
      const vault = new StoredVault(store);
      const bytes = randomBytes(12 * MIB);
      const origin = newOrigin(randomUUID());
      const progress: number[] = [];
      const onProgress = (done: number) => void progress.push(done);
      const upload = await vault.upload("vault/stream", stream(bytes), {
        partSize: 5 * MIB,
        onProgress,
        origin,
      });
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      expect(upload).toMatchObject({ bytes: bytes.length, sha256 });
      expect(await vault.hash("vault/stream")).toEqual({ bytes: bytes.length, sha256 });
      expect(await vault.head("vault/stream")).toMatchObject({ origin });
      expect(progress.at(-1)).toBe(bytes.length);
      expect(progress).toHaveLength(3);
    });

    test("an object that is larger than the limit of its reader is refused", async () => {
      const vault = new StoredVault(store);
      await vault.put("contract/limit", "ten bytes.", "text/plain");
      expect((await vault.bytes("contract/limit", 10)).toString()).toBe("ten bytes.");
      await expect(vault.bytes("contract/limit", 9)).rejects.toMatchObject({ code: "archive_rejected" });
    });

    test("an upload fails when its key is taken before it ends; the first object stays", async () => {
      const vault = new StoredVault(store);
      const first = newObject("vault/raced", "first");
      async function* slow() {
        yield randomBytes(10);
        await store.put(first);
      }
      await expect(vault.upload(first.key, slow(), { partSize: 5 * MIB })).rejects.toMatchObject({
        code: "vault_object_exists",
      });
      expect((await store.head(first.key))?.origin).toEqual(first.origin);
    });

    test("a source that fails leaves nothing behind, and the upload fails with the source's error", async () => {
      const vault = new StoredVault(store);
      const failure = new BackupError("dump_failed", "pg_dump ended");
      async function* failing() {
        yield randomBytes(6 * MIB);
        throw failure;
      }
      await expect(vault.upload("vault/failing", failing(), { partSize: 5 * MIB })).rejects.toBe(failure);
      expect(await vault.head("vault/failing")).toBeNull();
    });

    test("a signal of the vault ends its calls; a rollback continues", async () => {
      const cancel = new AbortController();
      const vault = new StoredVault(store, { signal: cancel.signal });
      await vault.put("vault/rolled-back", "x", "text/plain");
      cancel.abort(new BackupError("run_cancelled", "ended"));
      await expect(vault.delete("vault/rolled-back")).rejects.toMatchObject({ code: "run_cancelled" });
      await vault.forCleanup().delete("vault/rolled-back");
      expect(await store.head("vault/rolled-back")).toBeNull();
    });
  });
});
