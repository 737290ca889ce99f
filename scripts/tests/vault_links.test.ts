/** The vault over connections that break, become silent or cannot be established. */
import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import type { Retry } from "../lib/vault/retry.ts";
import { BackupFiles } from "../lib/vault/uploaded_files.ts";
import { type Break, refusing, startVaultRelay, throughRelay, type VaultRelay } from "./broken_links.ts";
import { startVault, type TestVault } from "./engine_fixture.ts";

const KEY = "revo/archive";
const BYTES = randomBytes(300_000);
const SILENCE_MS = 500;
const ARCHIVE = "revo/prod/2026/01/01/supabase_prod_20260101_031000.dump.gz";

let store: TestVault;

beforeAll(async () => {
  store = await startVault();
  await store.vault.put(KEY, BYTES, "application/gzip");
});
afterAll(() => store?.stop());

const through = <T>(relay: VaultRelay & { patienceMs?: number }, work: (vault: Vault) => Promise<T>) =>
  throughRelay(store, { ...relay, silenceMs: SILENCE_MS }, work);

/** Breaks the responses to the first GETs as listed and forwards the others; records the requested ranges. */
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

test.each(["cut", "silence"] as const)("resumes a download after %s in the middle", async (how) => {
  const relay = breaking({ after: 100_000, how }, { after: 50_000, how });
  const read = await through(relay, (vault) => vault.hash(KEY));
  expect(read).toEqual({ bytes: BYTES.length, sha256: createHash("sha256").update(BYTES).digest("hex") });
  expect(relay.ranges).toEqual([undefined, "bytes=100000-", "bytes=150000-"]);
});

test("does not mix an object with one that replaced it between two connections", async () => {
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

test("a vault that accepts a request and never replies is reported as unreachable", async () => {
  const breaks = () => ({ after: 0, how: "silence" }) as const;
  await through({ breaks }, async (vault) => {
    await expect(vault.head(KEY)).rejects.toMatchObject({
      code: "vault_unreachable",
      message: expect.stringContaining(`${SILENCE_MS} ms`),
    });
  });
});

test.each(["cut", "silence"] as const)("a cancellation takes effect at once, also after %s", async (how) => {
  const cancel = new AbortController();
  const reason = new BackupError("run_cancelled", "ended by SIGINT");
  const onBytes = (bytes: number) => void (bytes === 100_000 && setTimeout(() => cancel.abort(reason), 100));
  await through(breaking({ after: 100_000, how }), async (vault) => {
    await expect(vault.hash(KEY, { onBytes, signal: cancel.signal })).rejects.toBe(reason);
  });
});

const DRIP = { after: 20_000, how: "drip" } as const;

test("a connection that drips is given up, and the object is read on from there", async () => {
  const relay = breaking(DRIP);
  const read = await through(relay, (vault) => vault.hash(KEY));
  expect(read.bytes).toBe(BYTES.length);
  expect(relay.ranges).toHaveLength(2);
});

test("a vault that drips for good is out of reach", async () => {
  const breaks = ({ method }: IncomingMessage) =>
    method === "GET" ? { after: 100, how: "drip" } as const : null;
  await through({ breaks, patienceMs: 600 }, async (vault) => {
    await expect(vault.hash(KEY)).rejects.toMatchObject({
      code: "vault_unreachable",
      message: expect.stringMatching(/only \d+ bytes came in 500 ms/),
    });
  });
});

/** An archive of several parts, one chunk after the other. */
async function* source(mib: number) {
  for (let i = 0; i < mib; i++) yield randomBytes(MIB);
}

const MIB = 1024 * 1024;

test("an outage of 6 s in the middle of the parts does not fail an upload", async () => {
  let parts = 0;
  let brokenUntil = Infinity;
  const intercept = ({ url = "" }: IncomingMessage) => {
    if (url.includes("partNumber=") && ++parts === 2) brokenUntil = Date.now() + 6_000;
    const isBroken = parts >= 2 && Date.now() < brokenUntil;
    return isBroken ? { status: 503, xml: "<Error><Code>ServiceUnavailable</Code></Error>" } : null;
  };
  const relay = { intercept, silenceMs: 5_000, patienceMs: 60_000 };
  await throughRelay(store, relay, async (vault) => {
    const upload = await vault.upload("revo/outage", source(11), { partSize: 5 * MIB });
    expect(upload.bytes).toBe(11 * MIB);
    expect((await store.vault.hash("revo/outage")).sha256).toBe(upload.sha256);
  });
});

test("the source is read while the vault takes its time to begin the upload", async () => {
  let isRead = false;
  async function* once() {
    isRead = true;
    yield randomBytes(10);
  }
  const isBegin = ({ method = "", url = "" }: IncomingMessage) =>
    method === "POST" && url.includes("uploads");
  const intercept = async (incoming: IncomingMessage) => {
    if (isBegin(incoming)) {
      await sleep(300);
      expect(isRead).toBe(true);
    }
    return null;
  };
  await throughRelay(
    store,
    { intercept },
    (vault) => vault.upload("revo/slow", once(), { partSize: 5 * MIB }),
  );
});

test("a signal ends an upload into a vault that hangs within 5 s, with its reason", async () => {
  const cancel = new AbortController();
  const reason = new BackupError("run_cancelled", "ended by SIGTERM");
  const relay = {
    breaks: ({ url = "" }: IncomingMessage) => {
      if (!url.includes("partNumber=") && !cancel.signal.aborted) return null;
      setTimeout(() => cancel.abort(reason), 100);
      return { after: 0, how: "silence" } as const;
    },
    silenceMs: 60_000,
    patienceMs: 60_000,
    signal: cancel.signal,
  };
  await throughRelay(store, relay, async (vault) => {
    const files = new BackupFiles(vault, ARCHIVE, null);
    const logged: string[] = [];
    const started = Date.now();
    await expect(files.upload(ARCHIVE, source(1), { partSize: 5 * MIB })).rejects.toBe(reason);
    await files.rollback((line) => void logged.push(line));
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(logged).toEqual([expect.stringContaining(`could not roll back ${ARCHIVE}`)]);
  });
});

test("each retry is reported with its operation and the time until the next attempt", async () => {
  const { R2_ENDPOINT, R2_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY } = store.secrets;
  const keys = { accessKeyId: R2_ACCESS_KEY_ID, secretAccessKey: R2_SECRET_ACCESS_KEY };
  let refusals = 2;
  const { endpoint, server } = await startVaultRelay(R2_ENDPOINT, refusing(() => refusals-- > 0));
  const retries: Retry[] = [];
  const sleeps: number[] = [];
  const retry = {
    onRetry: (each: Retry) => void retries.push(each),
    sleep: (ms: number) => {
      sleeps.push(ms);
      return Promise.resolve();
    },
    random: () => 0,
  };
  try {
    const vault = openR2Vault({ endpoint, bucket: R2_BUCKET, ...keys, retry });
    expect(await vault.head(KEY)).not.toBeNull();
  } finally {
    server.closeAllConnections();
    server.close();
  }
  expect(sleeps).toEqual([125, 250]);
  expect(retries).toMatchObject([
    { operation: "head", key: KEY, failures: 1, waitMs: 125, error: { code: "vault_error" } },
    { operation: "head", key: KEY, failures: 2, waitMs: 250 },
  ]);
});
