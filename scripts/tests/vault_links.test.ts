/** The vault over connections that break, fall silent or never come about. */
import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { type Break, throughRelay, type VaultRelay } from "./broken_links.ts";
import { startVault, type TestVault } from "./engine_fixture.ts";

const KEY = "revo/archive";
const BYTES = randomBytes(300_000);
const SILENCE_MS = 500;

let store: TestVault;

beforeAll(async () => {
  store = await startVault();
  await store.vault.put(KEY, BYTES, "application/gzip");
});
afterAll(() => store?.stop());

const through = <T>(relay: VaultRelay, work: (vault: Vault) => Promise<T>) =>
  throughRelay(store, { ...relay, silenceMs: SILENCE_MS }, work);

/** Breaks the answers to the first GETs as listed, and lets the others pass; tells what was asked. */
function breaking(...breaks: Break[]): VaultRelay & { ranges: (string | undefined)[] } {
  const ranges: (string | undefined)[] = [];
  return {
    ranges,
    breaks: ({ method, headers }: IncomingMessage) => {
      if (method !== "GET") return null;
      ranges.push(headers.range);
      return breaks.shift() ?? null;
    },
  };
}

test.each(["cut", "silence"] as const)("%s in the middle: it is read on from there", async (how) => {
  const relay = breaking({ after: 100_000, how }, { after: 50_000, how });
  const read = await through(relay, (vault) => vault.hash(KEY));
  expect(read).toEqual({ bytes: BYTES.length, sha256: createHash("sha256").update(BYTES).digest("hex") });
  expect(relay.ranges).toEqual([undefined, "bytes=100000-", "bytes=150000-"]);
});

test("what was replaced between two connections is not mixed", async () => {
  const key = "revo/replaced";
  await store.vault.put(key, BYTES, "application/gzip");
  const relay = breaking({ after: 100_000, how: "cut" });
  const intercept = async ({ headers }: IncomingMessage) => {
    if (headers.range !== undefined) await store.replace(key, BYTES.toReversed());
    return null;
  };
  await through({ ...relay, intercept }, async (vault) => {
    await expect(vault.hash(key)).rejects.toMatchObject({
      code: "archive_corrupt",
      message: `Cannot read ${key} to its end: it was replaced meanwhile`,
    });
  });
});

test("a vault that takes a request and never answers is out of reach", async () => {
  const breaks = () => ({ after: 0, how: "silence" }) as const;
  await through({ breaks }, async (vault) => {
    await expect(vault.head(KEY)).rejects.toMatchObject({
      code: "vault_unreachable",
      message: expect.stringContaining(`${SILENCE_MS} ms`),
    });
  });
});

test.each(["cut", "silence"] as const)("a cancellation is heard at once, after %s too", async (how) => {
  const cancel = new AbortController();
  const reason = new BackupError("run_cancelled", "ended by SIGINT");
  const onBytes = (bytes: number) => void (bytes === 100_000 && setTimeout(() => cancel.abort(reason), 100));
  await through(breaking({ after: 100_000, how }), async (vault) => {
    await expect(vault.hash(KEY, { onBytes, signal: cancel.signal })).rejects.toBe(reason);
  });
});
