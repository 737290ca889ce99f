/** A real server with Supabase's role model for a test file, and callers as PostgREST represents them. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { getAuthSchemaSql } from "@supabase/lite";
import postgres, { type Sql, type TransactionSql } from "postgres";
import { makeTestServerFolder, type TestServerFolder } from "../../scripts/dev/memory_folder.ts";
import { findPostgres, type PostgresBinaries } from "../../scripts/lib/postgres/binaries.ts";
import {
  type LoginRole,
  SERVER_PROGRAMS,
  type SupabaseCluster,
  SupabaseServer,
} from "../../scripts/lib/server/supabase.ts";
import { cachedCluster } from "../../scripts/tests/cached_cluster.ts";

const MIGRATIONS = new URL("../migrations/", import.meta.url);

/** `owner` is role postgres as the scripts use it; the others call through the API. */
export const CALLERS = [
  "anon",
  "no_rights",
  "viewer",
  "manager",
  "undecided",
  "service_role",
  "owner",
] as const;
export type Caller = (typeof CALLERS)[number];

/** Programs that {@link TestCluster} needs of an installation. */
export const CLUSTER_PROGRAMS = [...SERVER_PROGRAMS, "pg_dump"] as const;

export class TestCluster {
  readonly #open: Sql[] = [];

  private constructor(
    private readonly server: SupabaseServer,
    private readonly binaries: PostgresBinaries,
    private readonly folder: TestServerFolder,
  ) {}

  /** @param binaries of another installation than the machine's. */
  static async start(binaries = findPostgres(CLUSTER_PROGRAMS)): Promise<TestCluster> {
    const cluster = await templatesOf(binaries);
    const folder = await makeTestServerFolder();
    const settings = { max_connections: "260", autovacuum: "off" };
    const { path, onProcess } = folder;
    const server = await SupabaseServer.create({ binaries, folder: path, onProcess, cluster, settings });
    return new TestCluster(server, binaries, folder);
  }

  /** A database with the platform's schemas, including auth's tables, and no objects of the project. */
  async createDatabase(name: string): Promise<Sql> {
    await this.server.copyDatabase(EMPTY, name);
    return this.connect(name);
  }

  /** The same with the migrations applied and one user of each kind. */
  async createMigrated(name: string): Promise<Sql> {
    await this.server.copyDatabase(MIGRATED, name);
    return this.connect(name);
  }

  connect(database: string, role: LoginRole = "postgres", max = 1): Sql {
    const sql = postgres(this.server.url(role, database), { max, onnotice: () => {} });
    this.#open.push(sql);
    return sql;
  }

  url(database: string): string {
    return this.server.url("postgres", database);
  }

  /** The schema public as pg_dump writes it, rows included unless an option says otherwise. */
  async dump(database: string, options: readonly string[] = []): Promise<string> {
    const { env } = this.server.connection("postgres", database);
    const args = ["--schema=public", ...options];
    const { stdout } = await promisify(execFile)(this.binaries.path("pg_dump"), args, {
      env: { ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.replaceAll(/^\\(un)?restrict .*$/gm, ""); // a random value per run
  }

  async stop(): Promise<void> {
    await Promise.all(this.#open.map((sql) => sql.end({ timeout: 1 })));
    await this.server.stop("immediate");
    await this.folder.remove();
  }
}

/** The databases that are copied. */
const EMPTY = "template_empty";
const MIGRATED = "template_migrated";

async function templatesOf(binaries: PostgresBinaries): Promise<SupabaseCluster> {
  const auth = getAuthSchemaSql(false).replace("CREATE SCHEMA IF NOT EXISTS auth;", "");
  const people = await readFile(new URL("people.sql", import.meta.url), "utf8");
  const migrations = await readMigrations();
  const run = async (server: SupabaseServer, role: LoginRole, database: string, texts: readonly string[]) => {
    const sql = postgres(server.url(role, database), { max: 1, onnotice: () => {} });
    try {
      for (const text of texts) await sql.unsafe(text);
    } finally {
      await sql.end();
    }
  };
  return await cachedCluster({
    name: "catalog",
    binaries,
    inputs: [auth, ...migrations, people],
    prepare: async (server) => {
      await server.createDatabase(EMPTY);
      await run(server, "supabase_auth_admin", EMPTY, [auth]);
      await server.copyDatabase(EMPTY, MIGRATED);
      await run(server, "postgres", MIGRATED, [...migrations, people]);
    },
  });
}

/** Applies all migrations as role postgres, each in one transaction, as `supabase db push` does. */
export async function migrate(sql: Pick<Sql, "unsafe">): Promise<void> {
  for (const text of await readMigrations()) await sql.unsafe(text);
}

async function readMigrations(): Promise<string[]> {
  const files = (await readdir(MIGRATIONS)).sort();
  return await Promise.all(files.map((file) => readFile(new URL(file, MIGRATIONS), "utf8")));
}

class Rollback extends Error {}

/** Runs `work` as PostgREST would for this caller, and rolls back. */
export async function asCaller<T>(
  sql: Sql,
  caller: Caller,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  let result: { value: T } | null = null;
  const rolledBack = sql.begin(async (tx) => {
    await become(tx, caller);
    result = { value: await work(tx) };
    throw new Rollback();
  });
  await rolledBack.catch((error: unknown) => {
    if (!(error instanceof Rollback)) throw error;
  });
  return valueOf(result);
}

function valueOf<T>(result: { value: T } | null): T {
  if (result === null) throw new Error("the transaction ended before its work did");
  return result.value;
}

/** Sets the role and the claims of this transaction. */
export async function become(tx: TransactionSql, caller: Caller): Promise<void> {
  if (caller === "owner") return;
  const isApiRole = caller === "anon" || caller === "service_role";
  const role = isApiRole ? caller : "authenticated";
  const who = isApiRole ? {} : { sub: userId(caller), email: `${caller}@example.com` };
  await tx.unsafe("select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)", [
    JSON.stringify({ role, ...who }),
    role,
  ]);
}

/** Returns to the owner, whose calls have no claims. */
export async function unbecome(tx: TransactionSql): Promise<void> {
  await tx.unsafe("select set_config('request.jwt.claims', '', true), set_config('role', 'postgres', true)");
}

/** The id that people.sql gives a user: md5 of the name as a uuid. */
export function userId(name: string): string {
  return createHash("md5").update(name).digest("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The result of a statement: `ok`, or SQLSTATE and hint of its error. */
export async function outcomeOf(statement: Promise<unknown>): Promise<string> {
  try {
    await statement;
    return "ok";
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    return [error.code, error.hint].filter(Boolean).join(" ");
  }
}
