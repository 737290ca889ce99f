/** Shared by the engine's tests: a server with Supabase's roles, databases with every kind of object, a vault. */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Miniflare } from "miniflare";
import { makeTestServerFolder } from "../dev/memory_folder.ts";
import { type BackupOrder, takeBackup } from "../lib/backup/take_backup.ts";
import type { ClientTools } from "../lib/postgres/client_tools.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { MeasureDefinition } from "../lib/postgres/measure_definitions.ts";
import { applySettings, PROJECT_PATH, readFingerprint, sqlFile } from "../lib/postgres/database_facts.ts";
import { chooseGzip, type Gzip } from "../lib/process/gzip.ts";
import { findPostgres, type PostgresBinaries } from "../lib/postgres/binaries.ts";
import { makeServerFolder } from "../lib/server/server_user.ts";
import { SERVER_PROGRAMS, SupabaseServer } from "../lib/server/supabase.ts";
import { makeKeyPair, Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import type { Progress } from "../lib/run/progress.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { Session } from "../lib/postgres/session.ts";
import type { SqlSession } from "../lib/postgres/sql_session.ts";
import { restoreBackup } from "../lib/restore/restore_backup.ts";
import type { RestoreOrder } from "../lib/restore/restore_order.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { cachedCluster } from "./cached_cluster.ts";

export const binaries = findPostgres([...SERVER_PROGRAMS, "pg_dump", "pg_restore"]);

/** The relevant tables of GoTrue: keys, a foreign key, a sequence. */
const AUTH_TABLES = `
create table auth.users (id uuid primary key, email text unique, created_at timestamptz default now());
create table auth.refresh_tokens (id bigserial primary key, token text, user_id uuid references auth.users (id) on delete cascade);
create table auth.schema_migrations (version text primary key);
insert into auth.schema_migrations values ('20240101000000');
`;

/** Runs SQL; returns the lines that psql prints, which runs only what may hold a command of its own: it takes a process. */
export async function sql(connection: Connection, text: string): Promise<string[]> {
  const session = text.includes("\\")
    ? await PsqlSession.open({ psql: binaries.path("psql"), connection })
    : await openSession(connection);
  try {
    return (await session.run(text)).flatMap((line) => line.split("\n"));
  } finally {
    await session.close();
  }
}

/** Without the question for TLS, which these servers refuse: it would be a connection more. */
function openSession({ env, ...connection }: Connection): Promise<Session> {
  return Session.open({ connection: { ...connection, env: { PGSSLMODE: "disable", ...env } } });
}

const PLATFORM = "platform_template";
const TEMPLATE = "project_template";

/** A database of a server of {@link startServer} as {@link SupabaseServer.createDatabase} makes it, without auth's tables. */
export function createPlatform(server: SupabaseServer, name: string): Promise<void> {
  return server.copyDatabase(PLATFORM, name);
}

/** A database as a new Supabase project has it, on a server of {@link startServer}. */
export async function createProject(server: SupabaseServer, name: string): Promise<Connection> {
  await server.copyDatabase(TEMPLATE, name);
  return server.connection("postgres", name);
}

export interface TestServer {
  /** For files of commands. */
  folder: string;
  server: SupabaseServer;
  stop(): Promise<void>;
}

/**
 * Autovacuum costs more than the tests do; where its work matters, a test calls VACUUM or ANALYZE itself. Compiling a query
 * takes longer than running it on the tests' rows.
 */
const QUIET = { autovacuum: "off", jit: "off" };

/** A server of which {@link createProject} makes databases. @param installation default: the machine's own. */
export async function startServer(
  installation: PostgresBinaries = binaries,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const cluster = await cachedCluster({
    name: "engine",
    binaries: installation,
    inputs: [PLATFORM, TEMPLATE, AUTH_TABLES],
    prepare: async (made) => {
      await made.createDatabase(PLATFORM);
      await made.copyDatabase(PLATFORM, TEMPLATE);
      await sql(made.connection("supabase_auth_admin", TEMPLATE), AUTH_TABLES);
    },
  });
  const [folder, data] = await Promise.all([makeServerFolder("revo-test-"), makeTestServerFolder()]);
  const all = { ...QUIET, ...settings };
  const server = await SupabaseServer.create({
    binaries: installation,
    folder: data.path,
    onProcess: data.onProcess,
    cluster,
    settings: all,
  });
  return {
    folder,
    server,
    stop: async () => {
      await server.stop("immediate");
      await Promise.all([data.remove(), rm(folder, { recursive: true, force: true })]);
    },
  };
}

/** The SQL of a file in fixtures/. */
export function fixture(name: string): Promise<string> {
  return readFile(new URL(`./fixtures/${name}`, import.meta.url), "utf8");
}

const silent: Progress = { phase: () => {}, bytes: () => {}, log: () => {} };

/** A progress that reports only the given events. */
export function progressWith(
  { phase, log }: { phase?: (name: string) => unknown; log?: (line: string) => unknown },
): Progress {
  return { phase: (name) => void phase?.(name), bytes: () => {}, log: (line) => void log?.(line) };
}

/** A server and a vault of one test file, for tests whose subject is not the vault. */
export interface EnginePlace extends TestServer {
  store: EngineVault;
}

/** A server and a vault on R2's simulator, which commands can use. */
export interface TestPlace extends EnginePlace {
  store: TestVault;
}

/** @param installation PostgreSQL of the server; default: the machine's own. */
export async function startPlace(installation: PostgresBinaries = binaries): Promise<TestPlace> {
  const [{ stop, ...server }, store] = await Promise.all([startServer(installation), startVault()]);
  return {
    ...server,
    store,
    stop: async () => {
      await store.stop();
      await stop();
    },
  };
}

/** As {@link startServer}, with a vault in this process's memory. */
export async function startEnginePlace(...server: Parameters<typeof startServer>): Promise<EnginePlace> {
  return { ...await startServer(...server), store: withReplace(new StoredVault(new MemoryStore())) };
}

/** Deno's cache of compiled modules: without it a command compiles everything again. */
export function denoCache(): Record<string, string> {
  return process.env.DENO_DIR === undefined ? {} : { DENO_DIR: process.env.DENO_DIR };
}

/** Environment of every command of scripts/; temporary files of a killed one are deleted with the fixture's folder. */
export function commandEnvironment({ folder, store }: TestPlace): Record<string, string | undefined> {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TMPDIR: folder, ...denoCache(), ...store.secrets, R2_RETRY_SECONDS: "2" };
}

/** A server and a vault with a backup of one database, and another database that must never be restored partially. */
export interface RestoreScene extends TestPlace {
  prod: Connection;
  target: Connection;
  /** The state of the target. */
  before: string;
  /** The state of the backup. */
  key: string;
}

/** @param content fixture of the database that is backed up. @param more statements after it */
export async function startRestoreScene(content: string, more = ""): Promise<RestoreScene> {
  const place = await startPlace();
  const prod = await createProject(place.server, "prod");
  await sql(prod, await fixture(content) + more);
  const target = await createProject(place.server, "alvo");
  await sql(target, await fixture("other_content.sql"));
  const before = await stateOf(target);
  const { keys } = await backUp(place.store.vault, prod);
  return { ...place, prod, target, before, key: keys.archive };
}

export interface EngineVault {
  vault: Vault;
  /** Replaces the bytes of an object: the vault's own writes never overwrite. */
  replace(key: string, bytes: Uint8Array | string): Promise<void>;
}

export interface TestVault extends EngineVault {
  /** As the workflows receive it. */
  secrets: { R2_ENDPOINT: string; R2_BUCKET: string; R2_ACCESS_KEY_ID: string; R2_SECRET_ACCESS_KEY: string };
  stop(): Promise<void>;
}

function withReplace(vault: Vault): EngineVault {
  return {
    vault,
    replace: async (key, bytes) => {
      await vault.delete(key);
      await vault.put(key, bytes, "application/octet-stream");
    },
  };
}

/** A vault on these objects with a new key, by which it signs. */
export async function signingStore(objects: MemoryStore): Promise<EngineVault> {
  const { privateKey, publicKey } = await makeKeyPair();
  const keys = { signer: new Signer(privateKey), trusted: new TrustedKeys([publicKey]) };
  return withReplace(new StoredVault(objects, keys));
}

/** How long requests to a broken vault are retried in tests: it stays broken. */
export const PATIENCE_MS = 2_000;

/** Cloudflare's own R2 simulator, empty. */
export async function startVault(): Promise<TestVault> {
  // its own, so that a test which searches it in every process finds no other test's
  const credentials = { accessKeyId: "test-key-id", secretAccessKey: randomBytes(32).toString("hex") };
  const folder = await mkdtemp(join(tmpdir(), "revo-test-r2-"));
  const simulator = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    modules: true,
    script: "export default { fetch() { return new Response() } }",
    compatibilityDate: "2026-01-01",
    r2Buckets: { BACKUPS: { id: "test", s3Credentials: credentials } },
    r2Persist: folder,
    telemetry: { enabled: false },
    cf: false,
  });
  const endpoint = new URL("/cdn-cgi/local/r2/s3", await simulator.ready).href;
  const vault = openR2Vault({ endpoint, bucket: "test", ...credentials, retry: { patienceMs: PATIENCE_MS } });
  return {
    ...withReplace(vault),
    secrets: {
      R2_ENDPOINT: endpoint,
      R2_BUCKET: "test",
      R2_ACCESS_KEY_ID: credentials.accessKeyId,
      R2_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    stop: async () => {
      await simulator.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function toolsOf(installation: PostgresBinaries): ClientTools {
  return {
    psql: installation.path("psql"),
    pgDump: installation.path("pg_dump"),
    pgRestore: installation.path("pg_restore"),
    version: installation.version,
  };
}

export const tools = toolsOf(binaries);

export interface EngineOptions {
  /** Default: those of this machine's newest installation. */
  tools?: ClientTools;
  /** Default: the fastest of this machine. */
  gzip?: Gzip;
  progress?: Progress;
  lockTimeoutMs?: number;
  /** @default nothing */
  measures?: readonly MeasureDefinition[];
  signal?: AbortSignal;
  /** A restore's last step takes a quarter of its time here. @default false */
  statistics?: boolean;
}

/** A counter instead of the clock: two backups in one second would have the same key. */
let second = Date.UTC(2026, 0, 1);

export function engine(vault: Vault, connection: Connection, options: EngineOptions = {}) {
  const now = () => new Date(second += 1000);
  return {
    connection,
    tools: options.tools ?? tools,
    gzip: options.gzip ?? chooseGzip(),
    vault,
    progress: options.progress ?? silent,
    now,
    lockTimeoutMs: options.lockTimeoutMs,
    measures: options.measures,
    signal: options.signal,
    statistics: options.statistics ?? false,
  };
}

const requester = {
  requestedBy: "test",
  requestId: "00000000-0000-4000-8000-000000000001",
  run: null,
  gitSha: null,
};

export function backUp(
  vault: Vault,
  connection: Connection,
  options: EngineOptions & Partial<BackupOrder> = {},
) {
  const order = {
    ...requester,
    target: "prod",
    mode: "full",
    label: null,
    verify: false,
    previous: null,
  } as const;
  const { tools, gzip, progress, lockTimeoutMs, measures, signal, ...changes } = options;
  const deps = engine(vault, connection, { tools, gzip, progress, lockTimeoutMs, measures, signal });
  return takeBackup(deps, { ...order, ...changes });
}

export function restore(
  vault: Vault,
  connection: Connection,
  key: string,
  options: EngineOptions & Partial<RestoreOrder> = {},
) {
  const order = {
    target: "dev",
    key,
    confirm: null,
    allowSchemaOnly: false,
    safety: null,
    quarantine: null,
  } as const;
  const { tools, gzip, progress, lockTimeoutMs, signal, statistics, ...changes } = options;
  const deps = engine(vault, connection, { tools, gzip, progress, lockTimeoutMs, signal, statistics });
  return restoreBackup(deps, { ...order, ...changes });
}

/** An archive and its manifest as the earlier scripts made them; its key. */
export async function oldArchive(
  store: Pick<EngineVault, "replace">,
  connection: Connection,
): Promise<string> {
  const script = "pg_dump -Fc --no-owner --no-privileges | gzip -9";
  const bytes = execFileSync("bash", ["--norc", "-eo", "pipefail", "-c", script], {
    env: { PATH: `${binaries.folder}:${process.env.PATH}`, ...connection.env },
    maxBuffer: 2 ** 28,
  });
  const stem = "revo/prod/2025/06/01/supabase_prod_20250601_031000";
  const manifest = {
    kind: "supabase_db_backup",
    target: "prod",
    mode: "full",
    created_at_utc: "2025-06-01T03:10:00Z",
    file: "supabase_prod_20250601_031000.dump.gz",
    sha256: createHash("sha256").update(bytes).digest("hex"),
    bytes: bytes.length,
    git_sha: null,
  };
  await store.replace(`${stem}.dump.gz`, bytes);
  await store.replace(`${stem}.manifest.json`, JSON.stringify(manifest));
  return `${stem}.dump.gz`;
}

/**
 * The content that a restore reproduces: objects with their owners and privileges, sequences, a content hash of every
 * table.
 */
export function contentOf(connection: Connection): Promise<string> {
  return inSnapshot(connection, async (session) => (await readContent(session)).join("\n"));
}

/** Everything that a failed restore must leave unchanged: the content, and the identity of each object. */
export function stateOf(connection: Connection): Promise<string> {
  return inSnapshot(connection, async (session) => {
    const content = await readContent(session);
    return [...content, ...await session.run(await fixture("platform_state.sql"))].join("\n");
  });
}

/** The tables of a restore's stage: of one that works, or that could not drop it. */
export function stagesOf(connection: Connection): Promise<string[]> {
  return sql(
    connection,
    `select format('%I.%I', n.nspname, c.relname)
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where starts_with(n.nspname, 'restore_old_new_') and relkind = 'r' order by 1;`,
  );
}

async function inSnapshot(
  connection: Connection,
  read: (session: SqlSession) => Promise<string>,
): Promise<string> {
  const session = await openSession(connection);
  await session.run("begin isolation level repeatable read read only;");
  const found = await read(session);
  await session.close();
  return found;
}

async function readContent(session: SqlSession): Promise<string[]> {
  await applySettings(session);
  const { lines } = await readFingerprint(session);
  const sequences = await session.run(await sqlFile("sequences.sql"));
  await session.run(PROJECT_PATH);
  const rows = await session.run(await fixture("content.sql"));
  return [...lines, ...sequences.sort(), ...rows];
}
