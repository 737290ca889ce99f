/** The benchmark's environment: its own server, the ERP's data, a folder, a vault. All of it is removed at the end. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Connection } from "../../lib/postgres/connection.ts";
import { PsqlSession } from "../../lib/postgres/psql.ts";
import { identifier } from "../../lib/postgres/sql_text.ts";
import { findPostgres, type PostgresBinaries } from "../../lib/postgres/binaries.ts";
import { SERVER_PROGRAMS, type SupabaseServer } from "../../lib/server/supabase.ts";
import { withSupabaseServer } from "../../lib/server/throwaway_server.ts";
import { nodeArguments } from "../child_process.ts";

/** The database that is dumped. */
export const SOURCE = "bench";

export interface Place {
  server: SupabaseServer;
  binaries: PostgresBinaries;
  /** For archives; the server cannot read it. */
  folder: string;
  /** URL of the vault. */
  endpoint: string;
  signal: AbortSignal;
}

export async function withPlace(signal: AbortSignal, work: (place: Place) => Promise<void>): Promise<void> {
  const binaries = findPostgres([...SERVER_PROGRAMS, "pg_dump", "pg_restore"]);
  const folder = await mkdtemp(join(tmpdir(), "revo-bench-"));
  const settings = { max_wal_size: "8GB", autovacuum: "off" };
  try {
    await withSupabaseServer({ binaries, databases: [SOURCE], settings, signal }, async (server) => {
      const sink = await startSink(folder, signal);
      try {
        await work({ server, binaries, folder, endpoint: sink.endpoint, signal });
      } finally {
        sink.stop();
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs SQL in a database; returns the printed lines. */
export async function sql(place: Place, connection: Connection, text: string): Promise<string[]> {
  const psql = place.binaries.path("psql");
  const session = await PsqlSession.open({ psql, connection, signal: place.signal });
  try {
    return await session.run(text);
  } finally {
    await session.close();
  }
}

/** Fills the source. @returns its size in bytes, indexes included. */
export async function fillSource(place: Place, gb: number): Promise<number> {
  const text = await readFile(new URL("./database.sql", import.meta.url), "utf8");
  const owner = place.server.connection("postgres", SOURCE);
  await sql(place, owner, `\\set gb ${gb}\n${text}`);
  return Number(await sql(place, owner, "select pg_database_size(current_database());"));
}

/** A database that is an exact copy of the source. */
export async function copySource(place: Place, name: string): Promise<void> {
  await dropDatabase(place, name);
  await asAdmin(place, `create database ${identifier(name)} template ${identifier(SOURCE)} owner postgres;`);
}

/** An empty database as in a new project. */
export async function freshDatabase(place: Place, name: string): Promise<void> {
  await dropDatabase(place, name);
  await place.server.createDatabase(name);
}

/** Flushes what the previous step wrote, so that the next one is not measured with it. */
export async function settle(place: Place): Promise<void> {
  await asAdmin(place, "checkpoint;");
}

async function dropDatabase(place: Place, name: string): Promise<void> {
  await asAdmin(place, `set client_min_messages = error; drop database if exists ${identifier(name)};`);
}

async function asAdmin(place: Place, text: string): Promise<void> {
  await sql(place, place.server.connection("supabase_admin", "postgres"), text);
}

/** @returns its URL, and a function that ends it. */
export async function startSink(folder: string, signal: AbortSignal) {
  const child = spawn(process.execPath, [...nodeArguments("scripts/dev/bench/sink.ts"), folder], {
    stdio: ["pipe", "pipe", "inherit"],
    signal,
  });
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Cannot use the sink: it ended with ${code}`)));
  });
  failed.catch(() => {}); // after the start, the next request fails
  const url = new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once("line", resolve)
  );
  return { endpoint: await Promise.race([url, failed]), stop: () => child.kill() };
}
