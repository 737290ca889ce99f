/** Backups that the program age encrypted, from the dump to each reader; the jobs that write hold public keys only. */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseManifest } from "@backup/vault/manifest.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { readCommand } from "@backup/vault/recovery.ts";
import { makeKeyPair, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { installSystemPackages } from "../dev/system_packages.ts";
import { uploadLocalBackup } from "../lib/backup/upload.ts";
import { encryptionChecks } from "../lib/doctor/encryption.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { withTemporaryFolder } from "../lib/process/temporary_folder.ts";
import { planRestore } from "../lib/restore/plan.ts";
import { type Encryption, plainArchive } from "../lib/vault/encryption.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import { newestBackup } from "../lib/vault/newest_backup.ts";
import { listStoredSets, type StoredSet } from "../lib/vault/stored_sets.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { verifyStored } from "../lib/verify/verify_stored.ts";
import { readVaultFacts } from "../lib/watchdog/read_vault.ts";
import { drillOf, namesWith } from "./drill_fixture.ts";
import {
  backUp,
  binaries,
  contentOf,
  createProject,
  engine,
  fixture,
  restore,
  sql,
  startServer,
  type TestServer,
  tools,
} from "./engine_fixture.ts";

const LOCAL = fileURLToPath(new URL("../restore_db_local.sh", import.meta.url));
const progress = { phase: () => {}, bytes: () => {}, log: () => {} };

let place: TestServer;
let store: MemoryStore;
let keys: { signer: Signer; trusted: TrustedKeys; publicKey: string };
let pairs: { secret: string; recipient: string }[];
let prod: Connection;
/** As a job that writes has it: without a secret key of age. */
let writer: Vault;
let encrypted: string;

/** The same bucket with other keys of age. */
function vaultWith(encryption: Partial<Encryption>): Vault {
  return new StoredVault(store, {
    signer: keys.signer,
    trusted: keys.trusted,
    encryption: { recipients: [], identities: [], old: [], ...encryption },
  });
}

function agePair() {
  const text = execFileSync("age-keygen", { stdio: ["ignore", "pipe", "ignore"] }).toString();
  return {
    secret: text.trim().split("\n").at(-1) ?? "",
    recipient: /public key: (\S+)/.exec(text)?.[1] ?? "",
  };
}

beforeAll(async () => {
  await installSystemPackages(["age"], () => {});
  place = await startServer();
  store = new MemoryStore();
  const { privateKey, publicKey } = await makeKeyPair();
  keys = { signer: new Signer(privateKey), trusted: new TrustedKeys([publicKey]), publicKey };
  pairs = [agePair(), agePair(), agePair()];
  writer = vaultWith({ recipients: pairs.slice(0, 2).map(({ recipient }) => recipient) });
  prod = await createProject(place.server, "prod");
  await sql(prod, await fixture("other_content.sql"));
  encrypted = (await backUp(writer, prod)).keys.archive;
});
afterAll(() => place?.stop());

const reader = (index = 0) => vaultWith({ identities: [pairs[index]?.secret ?? ""] });

test("the key says that it is encrypted, and the manifest to whom", async () => {
  expect(encrypted).toMatch(/\.dump\.gz\.age$/);
  expect(await newestBackup(writer, "prod")).toBe(encrypted);
  const manifest = await parseManifest(await writer.text(siblingKeys(encrypted).manifest));
  expect(manifest).toMatchObject({
    file: encrypted.split("/").at(-1),
    encryption: { program: "age", recipients: writer.encryption.recipients },
  });
  expect((await writer.bytes(encrypted)).subarray(0, 21).toString()).toBe("age-encryption.org/v1");
});

test("each secret key restores it with age, gunzip and pg_restore", async () => {
  await withTemporaryFolder("tests", async (folder) => {
    const file = encrypted.split("/").at(-1) ?? "";
    await writeFile(join(folder, file), await writer.bytes(encrypted));
    for (const { secret } of pairs.slice(0, 2)) {
      await writeFile(join(folder, "chave.txt"), secret);
      const command = `${readCommand(file)} | ${tools.pgRestore} --file=-`;
      const { stdout } = await promisify(execFile)("bash", ["-o", "pipefail", "-c", command], {
        cwd: folder,
      });
      expect(stdout).toContain("COPY public.clientes ");
      await rm(join(folder, "chave.txt"));
    }
  });
  // an encrypted archive is not read in parts
  expect(await writer.head(siblingKeys(encrypted).index)).toBeNull();
  const recovery = await writer.text(siblingKeys(encrypted).recovery);
  expect(recovery).toContain(readCommand(encrypted.split("/").at(-1) ?? ""));
});

test("it is restored, planned and drilled with one of its secret keys", async () => {
  const target = await createProject(place.server, "alvo");
  await restore(reader(1), target, encrypted);
  // the materialized view was built anew
  const withoutView = (content: string) => content.replaceAll(/^public\.mv .*$/gm, "");
  expect(withoutView(await contentOf(target))).toBe(withoutView(await contentOf(prod)));
  const context = { ...engine(reader(), target), pastRestores: () => Promise.resolve([]) };
  const plan = await planRestore(context, { target: "dev", key: encrypted, allowSchemaOnly: false });
  expect(plan.backup.reading).toBe("equal");
  const { receipt } = await drillOf({ ...place, store: { vault: reader() } }, encrypted);
  expect(namesWith(receipt, "PASS")).toEqual(expect.arrayContaining(["restored", "rows_per_table"]));
});

test("without a secret key of it nothing reads it, and the target stays", async () => {
  const target = await createProject(place.server, "fechado");
  for (const vault of [writer, reader(2)]) {
    await expect(restore(vault, target, encrypted)).rejects.toMatchObject({ code: "identity_missing" });
  }
});

test("an unsigned encrypted archive is looked through by the plan", async () => {
  const context = {
    ...engine(new StoredVault(store, { encryption: reader().encryption }), prod),
    pastRestores: () => Promise.resolve([]),
  };
  const order = { target: "dev", key: encrypted, allowSchemaOnly: false, allowUnsigned: encrypted } as const;
  expect((await planRestore(context, order)).backup.reading).toBe("equal");
});

test("verify compares its hash without a secret key, and its content with one", async () => {
  const verdicts = async (vault: Vault) =>
    Object.fromEntries((await verifyStored(vault, encrypted, progress)).map((it) => [it.name, it.verdict]));
  expect(await verdicts(reader())).toMatchObject({ stored_hash: "PASS", archive_readable: "PASS" });
  expect(await verdicts(writer)).toMatchObject({
    stored_hash: "PASS",
    archive_readable: "SKIPPED",
    rows_per_table: "SKIPPED",
  });
});

test("a local file is encrypted when it is uploaded", async () => {
  await withTemporaryFolder("tests", async (folder) => {
    const stem = "supabase_prod_20251231_031000";
    const file = join(folder, `${stem}.dump.gz`);
    await writeFile(file, plainArchive(reader(), encrypted, writer.download(encrypted)));
    const bytes = await readFile(file);
    const manifest = {
      ...{ kind: "supabase_db_backup_local", target: "prod", mode: "full", git_sha: null },
      created_at_utc: "2025-12-31T03:10:00Z",
      file: `${stem}.dump.gz`,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.length,
    };
    const signed = await keys.signer.signJson(`revo/prod/2025/12/31/${stem}.manifest.json`, manifest);
    await writeFile(join(folder, `${stem}.manifest.json`), JSON.stringify(signed));
    const unsigning = new StoredVault(new MemoryStore(), {
      trusted: keys.trusted,
      encryption: writer.encryption,
    });
    expect((await uploadLocalBackup(unsigning, file, progress)).trust.state).toBe("unsigned");
    const { key, trust } = await uploadLocalBackup(writer, file, progress);
    expect([key.endsWith(`${stem}.dump.gz.age`), trust.state]).toEqual([true, "signed"]);
    const verdicts = (await verifyStored(reader(), key, progress)).map(({ verdict }) => verdict);
    expect(verdicts).not.toContain("FAIL");
    expect(verdicts).toContain("PASS");
  });
});

test("restore_db_local.sh checks its signature and opens it with the key of a file", async () => {
  await withTemporaryFolder("tests", async (folder) => {
    const file = join(folder, encrypted.split("/").at(-1) ?? "");
    await writeFile(file, await writer.bytes(encrypted));
    await writeFile(`${file}.manifest.json`, await writer.bytes(siblingKeys(encrypted).manifest));
    const connection = place.server.connection("supabase_admin", "postgres");
    const AGE_KEY_FILE = join(folder, "chave.txt");
    const env = {
      ...connection.env,
      ...{ PATH: `${binaries.folder}:${process.env.PATH}`, BACKUP_PUBLIC_KEYS: keys.publicKey, AGE_KEY_FILE },
    };
    const run = async (index: number) => {
      await writeFile(AGE_KEY_FILE, pairs[index]?.secret ?? "");
      return await promisify(execFile)("bash", [LOCAL, file, "exame"], { env });
    };
    await expect(run(2)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("não pôde ser aberto"),
    });
    const { stderr } = await run(1);
    expect(stderr).not.toContain("atenção: usado sem");
    expect(
      await sql(place.server.connection("supabase_admin", "exame"), "select count(*) from public.clientes;"),
    )
      .toEqual(await sql(prod, "select count(*) from public.clientes;"));
  });
});

test("its objects are one set, beside others of the same time", async () => {
  let set: StoredSet | undefined;
  for await (const each of listStoredSets(writer, "revo/")) if (each.key === encrypted) set = each;
  expect(set?.manifest?.key).toBe(siblingKeys(encrypted).manifest);
  expect(set?.others.map(({ key }) => key)).toContain(siblingKeys(encrypted).recovery);
});

test("the watchdog names it only where none of its keys is stated", async () => {
  const unopenable = async (encryption: Partial<Encryption>) =>
    (await readVaultFacts(vaultWith(encryption), "prod", encrypted)).facts.unopenable;
  const [first, second, other] = pairs.map(({ recipient }) => recipient);
  expect(await unopenable({ recipients: [second ?? ""] })).toEqual([]);
  expect(await unopenable({ recipients: [other ?? ""], old: [first ?? ""] })).toEqual([]);
  expect(await unopenable({ recipients: [other ?? ""] })).toContainEqual({ key: encrypted });
  expect(await unopenable({})).toContainEqual({ key: encrypted });
});

test("the doctor says that backups are encrypted, and nothing where that is not set", async () => {
  const limit = { ms: 5_000, signal: new AbortController().signal, late: "vault_unreachable" } as const;
  expect(await encryptionChecks(reader(), limit)).toEqual([]);
  expect(await encryptionChecks(writer, limit)).toMatchObject([{ name: "encryption", status: "ok" }]);
});
