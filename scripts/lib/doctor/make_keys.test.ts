import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LookHolder, LookTab } from "@backup/look/seal.ts";
import { keysOfLooksText, makeKeysOfLooks } from "./make_keys.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "revo-keys-"))));
afterAll(() => rm(folder, { recursive: true }));

it("makes a pair of looks: the private half is in the file alone, for its owner", async () => {
  const file = join(folder, "look.key");
  const made = await makeKeysOfLooks(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const privateKey = await readFile(file, "utf8");
  const text = keysOfLooksText(made, file);
  expect(text).toContain(made.publicKey);
  expect(text).not.toContain(privateKey.trim());
  const place = { requestId: "r", r2Key: "k" };
  const tab = await LookTab.ask(made.publicKey, place, { search: "Ana" });
  expect(await (await LookHolder.of(privateKey)).open(place, tab.sealed)).toEqual({ search: "Ana" });
  await expect(makeKeysOfLooks(file)).rejects.toMatchObject({ code: "invalid_payload" });
});
