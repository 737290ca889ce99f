/** The benchmark's environment: its own server, the ERP's data, a folder, a vault. All of it is removed at the end. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { z } from "zod";
import { findPostgres, type PostgresBinaries } from "../../lib/postgres/binaries.ts";
import { PsqlSession } from "../../lib/postgres/psql.ts";
import { Session } from "../../lib/postgres/session.ts";
import { childEnvironment } from "../../lib/process/child_environment.ts";
import { withTemporaryFolder } from "../../lib/process/temporary_folder.ts";
import { SERVER_PROGRAMS, type SupabaseServer } from "../../lib/server/supabase.ts";
import { withSupabaseServer } from "../../lib/server/throwaway_server.ts";
import { type Keys, makeKeys } from "../keys.ts";
import { ROOT } from "../root.ts";
import { startSink } from "./sink.ts";
import { parentOf } from "./usage.ts";

/** A database that is dumped, and the targets of its restores. */
export interface Subject {
  /** The file that fills it. */
  sql: string;
  source: string;
  fresh: string;
  ours: string;
  old: string;
}

/** An ERP's rows. */
export const DATA = subject("database.sql", "data");
/** An ERP's structure with few rows. */
export const STRUCTURE = subject("schemas.sql", "structure");

function subject(sql: string, source: string): Subject {
  return { sql, source, fresh: `${source}_fresh`, ours: `${source}_ours`, old: `${source}_old` };
}

export interface Place {
  server: SupabaseServer;
  /** Process id of the server. */
  postmaster: number;
  binaries: PostgresBinaries;
  /** For archives; the server cannot read it. */
  folder: string;
  /** URL of the vault. */
  endpoint: string;
  /** Its backups are signed, as an installation's are: an unsigned one is looked through before it is restored. */
  keys: Keys;
  signal: AbortSignal;
}

export async function withPlace(signal: AbortSignal, work: (place: Place) => Promise<void>): Promise<void> {
  const binaries = findPostgres([...SERVER_PROGRAMS, "pg_dump", "pg_restore"]);
  const settings = { max_wal_size: "8GB", autovacuum: "off" };
  await withTemporaryFolder("archive", async (folder) => {
    const endpoint = await startSink(folder);
    const databases = [DATA.source, STRUCTURE.source];
    await withSupabaseServer({ binaries, databases, settings, signal }, async (server) => {
      const session = await Session.open({ connection: server.connection("postgres", DATA.source), signal });
      const postmaster = await parentOf(session.pid);
      await session.close();
      await work({ server, postmaster, binaries, folder, endpoint, keys: makeKeys(), signal });
    });
  });
}

/** Runs SQL in a database; returns the printed lines. */
async function sql(place: Place, role: "postgres" | "supabase_admin", database: string, text: string) {
  const connection = place.server.connection(role, database);
  const session = await PsqlSession.open({
    psql: place.binaries.path("psql"),
    connection,
    signal: place.signal,
  });
  try {
    return await session.run(text);
  } finally {
    await session.close();
  }
}

/** Fills a source. @returns its size in bytes, indexes included. */
export async function fillSource(place: Place, { sql: file, source }: Subject, gb: number): Promise<number> {
  const text = await readFile(new URL(file, import.meta.url), "utf8");
  await sql(place, "postgres", source, `\\set gb ${gb}\n${text}`);
  return Number(await sql(place, "postgres", source, "select pg_database_size(current_database());"));
}

/** A database that is an exact copy of the source. */
export async function copySource(place: Place, { source }: Subject, name: string): Promise<void> {
  const copy = `create database ${name} template ${source} owner postgres;`;
  await sql(place, "supabase_admin", "postgres", copy);
}

/** The empty target, as in a new project. */
export async function makeFresh(place: Place, { fresh }: Subject): Promise<void> {
  const drop = `set client_min_messages = error; drop database if exists ${fresh};`;
  await sql(place, "supabase_admin", "postgres", drop);
  await place.server.createDatabase(fresh);
}

/** Flushes what the previous step wrote, so that the next one is not measured with it. */
export async function settle(place: Place): Promise<void> {
  await sql(place, "supabase_admin", "postgres", "checkpoint;");
}

const engineRun = z.object({
  key: z.string().default(""),
  bytes: z.number().default(0),
  rawBytes: z.number().default(0),
  gzip: z.string().default(""),
  /** Of counts and fingerprint alone. */
  factsSeconds: z.number().default(0),
  /** Seconds from the process's start to each phase, and to the end. */
  entered: z.record(z.string(), z.number()),
  end: z.number(),
  /** Peak of its resident memory, in MB; 0 where the system does not report it. */
  peakMb: z.number(),
});
/** `seconds`: wall-clock time of the whole process. */
export type EngineRun = z.infer<typeof engineRun> & { seconds: number };

/** Our engine in its own process, started as the task of a restore or of a backup is. */
export async function runEngine(place: Place, database: string, ...args: string[]): Promise<EngineRun> {
  const { tasks } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const [, , , ...words]: string[] = tasks[args[0] === "restore" ? "restore" : "backup"].split(" "); // env deno run …FLAGS FILE
  const { DENO_DIR } = process.env;
  const env = childEnvironment({
    ...(DENO_DIR !== undefined && { DENO_DIR }),
    DENO_NO_UPDATE_CHECK: "1",
    TMPDIR: place.folder,
    SUPABASE_DB_URL_DEV: place.server.url("postgres", database),
    R2_ENDPOINT: place.endpoint,
    R2_BUCKET: "bench",
    R2_ACCESS_KEY_ID: "bench",
    R2_SECRET_ACCESS_KEY: "bench",
    BACKUP_SIGNING_KEY: place.keys.backupSigning,
    BACKUP_PUBLIC_KEYS: place.keys.backupPublic,
  });
  const from = performance.now();
  const { stdout } = await promisify(execFile)(
    join(ROOT, "node_modules", ".bin", "deno"),
    ["run", ...words.slice(0, -1), "scripts/dev/bench/engine.ts", ...args],
    { cwd: ROOT, env, signal: place.signal },
  );
  return { ...engineRun.parse(JSON.parse(stdout)), seconds: (performance.now() - from) / 1000 };
}
