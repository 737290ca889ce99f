/** `npm run backups` as a user runs it: arguments, output, exit status, remaining files and processes. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { constants } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { receiptKey, siblingKeys } from "@backup/vault/object_key.ts";
import { DRILL_CHECK_NAMES } from "@backup/vault/receipt.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { uploadLocalBackup } from "../lib/backup/upload.ts";
import { throughRelay } from "./broken_links.ts";
import { binaries, commandEnvironment, fixture, progressWith, sql } from "./engine_fixture.ts";
import { runningInGroup } from "./process_group.ts";
import { type CatalogScene, keysOf, startCatalogScene, storeBackups } from "./vault_content.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const conclusion = z.object({
  ok: z.boolean(),
  exit_code: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  result: z.unknown(),
  runs: z.array(z.object({
    kind: z.string(),
    status: z.string(),
    r2_key: z.string().nullable(),
    result: z.record(z.string(), z.unknown()).nullable(),
  })),
});

interface End {
  code: number;
  stdout: string;
  stderr: string;
}

let place: CatalogScene;
/** How `backup` ended. */
let made: z.infer<typeof conclusion>;
/** The archive that it created. */
let key: string;

beforeAll(async () => {
  place = await startCatalogScene();
  await sql(place.prod, await fixture("every_kind.sql"));
  const { child } = throughNpm(["backup", "--label", "de mim", "--json"]);
  made = concluded(await endOf(child));
  key = made.runs[0]?.r2_key ?? "";
});

afterAll(() => place?.stop());

function environment(): Record<string, string | undefined> {
  const prod = place.server.url("postgres", "prod");
  return { ...commandEnvironment(place), SUPABASE_DB_URL_PROD: prod };
}

const SCRIPT: string = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts.backups;

/** Without npm, which takes a second, and without its environment. */
function backups(args: readonly string[], env = environment()): Promise<End> {
  return endOf(spawn("sh", ["-c", `${SCRIPT} "$@"`, "backups", ...args], { cwd: ROOT, env }));
}

/** As in a terminal, which puts its programs in one process group. */
function throughNpm(args: readonly string[], env = environment()) {
  const words = ["run", "--silent", "backups", "--", ...args];
  const child = spawn("npm", words, { cwd: ROOT, env, detached: true });
  const group = child.pid ?? Number.NaN;
  const signal = (name: NodeJS.Signals) => process.kill(-group, name);
  return { child, group, signal };
}

function endOf(child: ReturnType<typeof spawn>): Promise<End> {
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Uint8Array) => said.stdout += String(chunk));
  child.stderr?.on("data", (chunk: Uint8Array) => said.stderr += String(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      // as a shell reports it: npm ends itself with the signal that ended its script
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), ...said }));
  });
}

/** The last line of standard output, which must be its only line. */
function concluded({ code, stdout }: End) {
  expect(stdout.trimEnd()).not.toContain("\n");
  const found = conclusion.parse(JSON.parse(stdout));
  expect(found.exit_code).toBe(code);
  return found;
}

test("a backup started by npm prints its run", () => {
  expect(key).toMatch(/_de_mim\.dump\.gz$/);
  expect(made).toMatchObject({ ok: true, error: null, runs: [{ kind: "backup", status: "succeeded" }] });
});

/** A user with the vault's keys only. */
function vaultAlone(): Record<string, string | undefined> {
  const { SUPABASE_DB_URL_PROD: _, ...rest } = environment();
  return rest;
}

test("the catalog's list contains the backup", async () => {
  const text = await backups(["list", "--limit", "5"]);
  expect(text).toMatchObject({ code: 0, stderr: "" });
  const [head, row, last] = text.stdout.trim().split("\n");
  expect(head).toMatch(/^WHEN \(UTC\) +TARGET +SIZE +ROWS +LABEL +PROOF +KEY$/);
  expect(row).toMatch(rowOfMade());
  expect(last).toBe("1 backup, as the catalog tells");
});

/** The state of catalog and vault. */
function rowOfMade(): RegExp {
  const { bytes, rows_total } = made.runs[0]?.result ?? {};
  const size = (Number(bytes) / 1e6).toFixed(1);
  return new RegExp(`^[\\d-]{10} [\\d:]{5} +prod +${size} MB +${rows_total} +de_mim +none +${key}$`);
}

test("a backup of the vault passes every check with the vault's keys alone", async () => {
  const { result } = concluded(await backups(["verify", "newest", "--json"], vaultAlone()));
  expect(result).toMatchObject({
    r2_key: key,
    checks: [
      { name: "manifest", verdict: "PASS" },
      { name: "signature", verdict: "SKIPPED" }, // this vault has no keys
      { name: "stored_size", verdict: "PASS" },
      { name: "stored_fingerprint", verdict: "PASS" },
      { name: "stored_hash", verdict: "PASS" },
      { name: "archive_readable", verdict: "PASS" },
      { name: "rows_per_table", verdict: "PASS" },
    ],
  });
});

test("a look shows rows on the terminal, covers personal columns, and leaves counts in the audit", async () => {
  const list = await backups(["look", "newest"]);
  expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(/^public\.clientes +\d+ rows +/m) });
  const name = "Cliente é 137";
  const search = ["look", key, "--table", "clientes", "--search", name.toUpperCase()];
  const covered = await backups(search);
  expect(covered).toMatchObject({ code: 0, stdout: expect.stringMatching(/•••[^]*^1 rows found$/m) });
  expect(covered.stdout).not.toContain(name);
  expect(await backups([...search, "--show"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("reason"),
  });
  const shown = await backups([...search, "--show", "--reason", "pedido do titular", "--json"]);
  expect(shown.stderr).toContain(name);
  expect(concluded(shown).result).toMatchObject({ hits: 1, rows: [{ table: "clientes", count: 1 }] });
  expect(shown.stdout).not.toContain(name);
  const audited = await sql(
    place.prod,
    `select concat_ws('|', record::jsonb -> 'detail' ->> 'what', record::jsonb -> 'detail' ->> 'personal_columns', record)
       from public.ops_db_backup_audit where event = 'look' order by seq;`,
  );
  expect(audited.map((line) => line.split("|").slice(0, 2))).toEqual([
    ["tables", "covered"],
    ["search", "covered"],
    ["search", "shown"],
  ]);
  expect(audited.join("\n").toLowerCase()).not.toContain(name.toLowerCase());
  const onGithub = { ...environment(), GITHUB_ACTIONS: "true" };
  expect(await backups(["look", key], onGithub)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("GitHub"),
  });
});

test("a plan prints the effects of a restore and writes nothing to the vault", async () => {
  const before = await storedKeys();
  const planned = concluded(await backups(["restore", "--target", "prod", "--plan", key, "--json"]));
  expect(planned.runs).toMatchObject([
    { kind: "plan", status: "succeeded", result: { plan: { target: "prod", tables: { different: 0 } } } },
  ]);
  expect(await storedKeys()).toEqual(before);
});

/** Except for the copies of the audit. */
async function storedKeys(): Promise<string[]> {
  return await keysOf(place.store.vault, "revo/");
}

test("a damaged archive fails its checks and exits with 1; receipts are in the vault's listing", async () => {
  const [older = "", newer = ""] = await storeBackups(place.store.vault, [
    { createdAt: "2026-01-14T03:10:22Z" },
    { createdAt: "2026-01-15T03:10:22Z" },
    { createdAt: "2026-01-16T03:10:22Z", archiveOnly: true },
  ]);
  await place.store.vault.put(receiptKey(older, new Date("2026-01-18T05:30:00Z")), receiptOf(older), "");
  await place.store.replace(newer, "an orchive");

  const { checks } = await verified(newer);
  expect(checks.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
    "manifest PASS",
    "signature SKIPPED",
    "stored_size PASS",
    "stored_fingerprint SKIPPED",
    "stored_hash FAIL",
    "archive_readable FAIL",
    "rows_per_table SKIPPED",
  ]);

  const { stdout } = await backups(["list"], vaultAlone());
  const [, first, ...others] = stdout.trim().split("\n");
  expect(first).toMatch(rowOfMade());
  expect(others).toEqual([
    expect.stringMatching(/^2026-01-15 03:10 .* none +revo/),
    expect.stringMatching(/^2026-01-14 03:10 .* proven 2026-01-18 +revo/),
    expect.stringMatching(/^not listed: .*20260116.*: no manifest/),
    "3 backups, as the vault tells",
  ]);
});

const verification = z.object({ checks: z.array(z.object({ name: z.string(), verdict: z.string() })) });

async function verified(key: string): Promise<z.infer<typeof verification>> {
  const found = concluded(await backups(["verify", key, "--json"]));
  expect(found).toMatchObject({
    ok: false,
    exit_code: 1,
    error: { code: "archive_corrupt", message: `${key} failed stored_hash, archive_readable` },
  });
  return verification.parse(found.result);
}

function receiptOf(r2_key: string): string {
  return JSON.stringify({
    version: 1,
    kind: "supabase_db_drill_receipt",
    r2_key,
    sha256: null,
    drilled_at_utc: "2026-01-18T05:30:00Z",
    server_version: "17.6",
    tool: { name: "revo-backups", version: "0" },
    git_sha: null,
    run: null,
    checks: DRILL_CHECK_NAMES.map((name) => ({ name, verdict: "PASS", detail: "", seconds: 0 })),
    not_proven: [],
    seconds: {},
    total_seconds: 1,
    freshness: null,
  });
}

test("usage errors exit with 2, also with JSON output", async () => {
  const typo = concluded(await backups(["verfy", "newest", "--json"]));
  expect(typo).toMatchObject({ ok: false, exit_code: 2, error: { code: "invalid_payload" }, runs: [] });
});

test.each([
  ["recover", ["newest"], ".dump.gz?x-id=GetObject"],
  ["verify", ["newest"], "list-type"],
  ["reconcile", [], "list-type"],
  ["watchdog", [], "list-type"],
])("Ctrl-C ends %s with 130, also while the vault does not respond", async (command, args, silence) => {
  let isSilent = false;
  const breaks = ({ url = "" }: IncomingMessage) => {
    if (!url.includes(silence)) return null;
    isSilent = true;
    return { after: 10, how: "silence" } as const;
  };
  await throughRelay(place.store, { breaks }, async (_vault, endpoint) => {
    const { child, group, signal } = throughNpm([command, ...args], {
      ...environment(),
      R2_ENDPOINT: endpoint,
    });
    try {
      const ended = endOf(child);
      await expect.poll(() => isSilent, { timeout: 45_000 }).toBe(true);
      expect(runningInGroup(group)).not.toEqual([]);
      signal("SIGINT");
      expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining("ended by SIGINT") });
      expect(runningInGroup(group)).toEqual([]);
    } finally {
      if (child.exitCode === null && child.signalCode === null) signal("SIGKILL");
    }
  });
}, 60_000);

test("an upload to a key that has another manifest leaves that manifest unchanged", async () => {
  const { vault } = place.store;
  const { archive, manifest } = siblingKeys(key);
  const folder = await mkdtemp(join(place.folder, "upload-"));
  for (const each of [archive, manifest]) {
    await writeFile(join(folder, basename(each)), await vault.bytes(each));
  }
  await place.empty();
  await vault.put(manifest, "{}", "application/json");
  const upload = uploadLocalBackup(vault, join(folder, basename(archive)), progressWith({}));
  await expect(upload).rejects.toMatchObject({ code: "vault_object_exists" });
  expect(await storedKeys()).toEqual([manifest]);
  expect(await vault.text(manifest)).toBe("{}");
  await vault.delete(manifest);
  const uploaded = concluded(await backups(["upload", join(folder, basename(archive)), "--json"]));
  expect(uploaded).toMatchObject({ ok: true, result: { r2_key: archive } });
});

test("an interrupted upload deletes what it stored", async () => {
  const { vault } = place.store;
  const { archive, manifest } = siblingKeys(key);
  const folder = await mkdtemp(join(place.folder, "upload-"));
  for (const each of [archive, manifest]) {
    await writeFile(join(folder, basename(each)), await vault.bytes(each));
  }
  await place.empty();
  const cancel = new AbortController();
  const progress = progressWith({ phase: (name) => name === "upload" && cancel.abort(new Error("ended")) });
  const file = join(folder, basename(archive));
  await expect(uploadLocalBackup(vault, file, progress, cancel.signal)).rejects.toThrow("ended");
  expect(await storedKeys()).toEqual([]);
  expect((await uploadLocalBackup(vault, file, progress)).key).toBe(archive);
});

/** Runs `work` while a backup waits for a lock of another session; the backup must leave nothing behind. */
async function whileBackupWaits(work: (npm: ReturnType<typeof throughNpm>) => Promise<void>): Promise<void> {
  await place.empty();
  const holder = await PsqlSession.open({ psql: binaries.path("psql"), connection: place.prod });
  await holder.run("begin; lock table public.clientes in access exclusive mode;");
  const npm = throughNpm(["backup", "--json"]);
  try {
    const waiting =
      "select count(*) > 0 from pg_locks where not granted and relation = 'public.clientes'::regclass;";
    await expect.poll(() => sql(place.prod, waiting), { timeout: 45_000 }).toEqual(["t"]);
    await work(npm);
    await expect.poll(() => runningInGroup(npm.group)).toEqual([]);
  } finally {
    if (runningInGroup(npm.group).length > 0) npm.signal("SIGKILL");
    await holder.kill();
  }
  expect(await storedKeys()).toEqual([]);
  expect(await sql(place.prod, "select status from public.ops_db_backup_runs;")).toEqual(["cancelled"]);
}

test("Ctrl-C on a terminal ends a backup with 130 and leaves nothing behind", async () => {
  await whileBackupWaits(async ({ child, group, signal }) => {
    const ended = endOf(child);
    signal("SIGINT");
    const end = await ended;
    expect(end).toMatchObject({ code: 130, stderr: expect.stringContaining("ended by SIGINT") });
    expect(concluded(end)).toMatchObject({
      error: { code: "run_cancelled" },
      runs: [{ kind: "backup", status: "cancelled" }],
    });
    expect(runningInGroup(group)).toEqual([]);
  });
});

test("a backup whose npm is killed is rolled back and leaves nothing behind", async () => {
  await whileBackupWaits(({ child }) => Promise.resolve(void child.kill("SIGKILL")));
});
