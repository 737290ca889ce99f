/** The benchmark's vault answers the requests of the engine's vault client. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openR2Vault } from "../../lib/vault/open_vault.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { startSink } from "./place.ts";

const MIB = 1024 * 1024;
let folder: string;
let sink: { endpoint: string; stop(): void };
let vault: Vault;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "revo-sink-"));
  sink = await startSink(folder, new AbortController().signal);
  vault = openR2Vault({
    endpoint: sink.endpoint,
    bucket: "bench",
    accessKeyId: "bench",
    secretAccessKey: "bench",
  });
});

afterAll(async () => {
  sink?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("an upload in parts is read back and deleted", async () => {
  const bytes = Buffer.alloc(11 * MIB, "0123456789");
  await vault.upload("a/archive", Readable.from([bytes]), { partSize: 5 * MIB });
  expect(await vault.head("a/archive")).toMatchObject({ bytes: bytes.length });
  expect(bytes.equals(await vault.bytes("a/archive"))).toBe(true);
  await vault.delete("a/archive");
  expect(await vault.head("a/archive")).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});

test("a small object is stored once", async () => {
  await vault.put("a/manifest", "{}", "application/json");
  await expect(vault.put("a/manifest", "[]", "application/json")).rejects.toMatchObject({
    code: "vault_object_exists",
  });
  expect(await vault.text("a/manifest")).toBe("{}");
});

test("a request that no backup sends is refused", async () => {
  const listing = async () => {
    for await (const object of vault.list("a/")) throw new Error(`listed ${object.key}`);
  };
  await expect(listing()).rejects.toMatchObject({ code: "vault_error" });
});
