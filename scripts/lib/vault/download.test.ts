import { expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { downloadObject } from "./download.ts";
import { MemoryStore } from "./memory_store.ts";
import type { OpenObject } from "./object_store.ts";
import { StoredVault } from "./stored_vault.ts";

class BreakingStore extends MemoryStore {
  requests = 0;

  override async get(...args: Parameters<MemoryStore["get"]>): Promise<OpenObject> {
    this.requests++;
    const opened = await super.get(...args);
    async function* broken() {
      yield* opened.body;
      throw new BackupError("vault_unreachable", "the connection broke");
    }
    return { ...opened, body: broken() };
  }
}

test.each([[{ from: 0 }, "abcdef"], [{ from: 2, bytes: 3 }, "cde"]])(
  "a connection that breaks behind the last byte of %j is the end of it",
  async (range, expected) => {
    const store = new BreakingStore();
    await new StoredVault(store).put("a", "abcdef", "text/plain");
    const chunks: Uint8Array[] = [];
    for await (const chunk of downloadObject(store, "a", { sleep: async () => {} }, undefined, range)) {
      chunks.push(chunk);
    }
    expect([Buffer.concat(chunks).toString(), store.requests]).toEqual([expected, 1]);
  },
);
