/** Two writers of the same bytes, of the same second and of the same key: each reports what the vault holds. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { takeBackup } from "../lib/backup/take_backup.ts";
import { uploadLocalBackup } from "../lib/backup/upload.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { refusing, throughRelay, type VaultRelay } from "./broken_links.ts";
import {
  backUp,
  createProject,
  engine,
  fixture,
  progressWith,
  sql,
  startPlace,
  type TestPlace,
} from "./engine_fixture.ts";
import { keysOf } from "./vault_content.ts";

let place: TestPlace;
let prod: Connection;
let vault: Vault;
/** A backup of this machine: archive and manifest. */
let folder: string;
let file: string;
let key: string;

beforeAll(async () => {
  place = await startPlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, await fixture("other_content.sql"));
  vault = place.store.vault;
  key = (await backUp(vault, prod)).keys.archive;
  folder = await mkdtemp(join(tmpdir(), "revo-test-"));
  file = join(folder, basename(key));
  for (const each of [key, siblingKeys(key).manifest]) {
    await writeFile(join(folder, basename(each)), await vault.bytes(each));
  }
});

afterAll(async () => {
  await place?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => void await vault.deleteMany(await keysOf(vault)));

const silent = progressWith({});

function gate(): [opened: Promise<void>, open: () => void] {
  let open = () => {};
  return [new Promise((resolve) => open = resolve), () => open()];
}

/** Each archive has its manifest and each manifest its archive. */
async function requireWhole(): Promise<string[]> {
  const keys = await keysOf(vault, "revo/");
  const archives = keys.filter((each) => each.endsWith(".dump.gz"));
  expect(keys.filter((each) => each.endsWith(".manifest.json")))
    .toEqual(archives.map((each) => siblingKeys(each).manifest));
  return archives;
}

test("the same file uploaded twice at once: one upload succeeds, and the failure of the other leaves it complete", async () => {
  // the second writer has found the key free and has sent its parts before the first one ends
  const [firstIsDone, endFirst] = gate();
  const isComplete = (method = "", url = "") => method === "POST" && url.includes("uploadId=");
  const [secondIsReady, readySecond] = gate();
  const refusesManifest = refusing(({ method, url = "" }) => method === "PUT" && url.includes(".manifest."));
  const relay: VaultRelay = {
    intercept: async (incoming) => {
      if (isComplete(incoming.method, incoming.url)) {
        readySecond();
        await firstIsDone;
      }
      return await refusesManifest.intercept?.(incoming) ?? null;
    },
  };
  await throughRelay(place.store, relay, async (slow) => {
    const second = uploadLocalBackup(slow, file, silent).then(() => null, (error: unknown) => error);
    await secondIsReady;
    await uploadLocalBackup(vault, file, silent);
    endFirst();
    expect(await second).toMatchObject({ code: "vault_object_exists" });
  });
  expect(await requireWhole()).toEqual([key]);
  expect(await vault.head(siblingKeys(key).recovery)).not.toBeNull();
});

test("two backups of an idle database in one second: one succeeds and is complete", async () => {
  const now = () => new Date("2026-01-20T03:10:00Z");
  const requester = { requestedBy: "test", run: null, gitSha: null, requestId: crypto.randomUUID() };
  const order = {
    ...requester,
    target: "prod",
    mode: "full",
    label: null,
    verify: false,
    previous: null,
  } as const;
  const outcomes = await Promise.allSettled(
    [1, 2].map(() =>
      takeBackup({ ...engine(vault, prod), now }, { ...order, requestId: crypto.randomUUID() })
    ),
  );
  const failed = outcomes.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
  expect(failed).toMatchObject([{ code: "vault_object_exists" }]);
  expect(await requireWhole()).toHaveLength(1);
});

test("two writers of one key: one succeeds, and the other is refused whatever it sent", async () => {
  const name = "revo/written-twice";
  const outcomes = await Promise.allSettled([1, 2].map(() => vault.put(name, "the same", "text/plain")));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await vault.text(name)).toBe("the same");
});

test("a rollback keeps an archive that has the manifest of another upload", async () => {
  const { manifest, archive } = siblingKeys(key);
  const relay: VaultRelay = {
    intercept: async ({ method, url = "" }) => {
      if (method === "PUT" && url.includes("RECOVERY")) await vault.put(manifest, "{}", "application/json");
      return null;
    },
  };
  await throughRelay(place.store, relay, async (link) => {
    await expect(uploadLocalBackup(link, file, silent)).rejects.toMatchObject({
      code: "vault_object_exists",
    });
  });
  expect(await keysOf(vault, "revo/")).toEqual(expect.arrayContaining([archive, manifest]));
});
