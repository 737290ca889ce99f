/** Clusters that are made once in a checkout and copied by each test file, in a fraction of the time that making takes. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, randomUUID } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { PostgresBinaries } from "../lib/postgres/binaries.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { identifier, literal } from "../lib/postgres/sql_text.ts";
import { makeServerFolder } from "../lib/server/server_user.ts";
import { LOGIN_ROLES, type SupabaseCluster, SupabaseServer } from "../lib/server/supabase.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/revo-backups/", import.meta.url));
/** The files that create a server's roles and databases. */
const SERVER_ROOM = fileURLToPath(new URL("../lib/server/", import.meta.url));
const THIS_FILE = fileURLToPath(import.meta.url);

const passwordsSchema = z.record(z.enum(LOGIN_ROLES), z.string());

export interface ClusterOrder {
  /** Of the content: a new one replaces the older one of this name. */
  name: string;
  binaries: PostgresBinaries;
  /** All texts that `prepare` depends on, beside those of the server's room. */
  inputs: readonly string[];
  /** Creates the databases. */
  prepare(server: SupabaseServer): Promise<void>;
}

/** A stopped cluster with Supabase's roles on which `prepare` ran. */
export async function cachedCluster(order: ClusterOrder): Promise<SupabaseCluster> {
  const { name, binaries, inputs } = order;
  const prefix = `cluster-${name}-${binaries.version}-`;
  const hash = createHash("sha256")
    .update(JSON.stringify([binaries.folder, ...await serverTexts(), ...inputs])).digest("hex");
  const folder = join(CACHE, prefix + hash.slice(0, 16));
  const found = await readCluster(folder);
  if (found !== null) return found;
  await mkdir(CACHE, { recursive: true });
  for (const old of await readdir(CACHE)) {
    if (old.startsWith(prefix) && join(CACHE, old) !== folder) await removeFolder(join(CACHE, old));
  }
  const made = await makeCluster(order);
  try {
    await rename(made, folder);
  } catch (error) {
    // another process was faster
    await removeFolder(made);
    if (await readCluster(folder) === null) throw error;
  }
  return await readCluster(folder) ?? Promise.reject(new Error(`Cannot read ${folder}`));
}

async function serverTexts(): Promise<string[]> {
  const files = (await readdir(SERVER_ROOM)).sort().map((name) => join(SERVER_ROOM, name));
  return await Promise.all([...files, THIS_FILE].map((file) => readFile(file, "utf8")));
}

async function readCluster(folder: string): Promise<SupabaseCluster | null> {
  const text = await readFile(join(folder, "passwords.json"), "utf8").catch(() => null);
  if (text === null) return null;
  return { data: join(folder, "data"), passwords: passwordsSchema.parse(JSON.parse(text)) };
}

async function makeCluster({ binaries, prepare }: ClusterOrder): Promise<string> {
  const made = join(CACHE, `new-${randomUUID()}`);
  await mkdir(made, { mode: 0o700 });
  const folder = await makeServerFolder("revo-test-");
  try {
    const server = await SupabaseServer.create({ binaries, folder });
    try {
      await prepare(server);
      await shortenPasswords(server, binaries);
    } finally {
      await server.stop();
    }
    execFileSync("cp", ["-Rp", join(folder, "data"), made]);
    await writeFile(join(made, "passwords.json"), JSON.stringify(server.passwords), { mode: 0o600 });
  } finally {
    await removeFolder(folder);
  }
  return made;
}

/** Every connection computes the rounds of its password: 4,096 by default, 3 ms of the processor each time. */
async function shortenPasswords(server: SupabaseServer, binaries: PostgresBinaries): Promise<void> {
  const connection = server.connection("supabase_admin", "postgres");
  const session = await PsqlSession.open({ psql: binaries.path("psql"), connection });
  try {
    for (const [role, password] of Object.entries(server.passwords)) {
      await session.run(`alter role ${identifier(role)} password ${literal(verifierOf(password))};`);
    }
  } finally {
    await session.close();
  }
}

/** What PostgreSQL stores of a password for SCRAM-SHA-256 (RFC 5803), with one round. */
function verifierOf(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, 1, 32, "sha256");
  const keyed = (name: string) => createHmac("sha256", salted).update(name).digest();
  const stored = createHash("sha256").update(keyed("Client Key")).digest("base64");
  return `SCRAM-SHA-256$1:${salt.toString("base64")}$${stored}:${keyed("Server Key").toString("base64")}`;
}

function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
