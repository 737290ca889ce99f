/** A PostgreSQL server with Supabase's role model: for the embedded stack, the drill and the tests. */
import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { type Connection, parseDatabaseUrl } from "../postgres/connection.ts";
import { identifier, literal, PsqlSession } from "../postgres/psql.ts";
import type { PostgresBinaries } from "../postgres/binaries.ts";
import { PostgresServer, type ServerOptions, type StopMode } from "./server.ts";
import { guard } from "../process/guard.ts";
import { folderPrefix } from "../process/temporary_folder.ts";
import { makeServerFolder } from "./server_user.ts";

/** Programs that {@link SupabaseServer} needs of an installation. */
export const SERVER_PROGRAMS = ["postgres", "initdb", "psql"] as const;

/** The roles that log in, each with a password of its own. `supabase_admin` is the superuser. */
export const LOGIN_ROLES = [
  "supabase_admin",
  "postgres",
  "authenticator",
  "supabase_auth_admin",
  "supabase_storage_admin",
] as const;
export type LoginRole = (typeof LOGIN_ROLES)[number];

/** The psql variables of supabase_roles.sql. */
const PASSWORD_VARIABLES: Readonly<Record<Exclude<LoginRole, "supabase_admin">, string>> = {
  postgres: "postgres_password",
  authenticator: "authenticator_password",
  supabase_auth_admin: "auth_admin_password",
  supabase_storage_admin: "storage_admin_password",
};

/**
 * As hosted where it matters to us: the global time-out that long work has to lift for itself, logical WAL for
 * publications, locks per transaction at PostgreSQL's default. The data lives as long as this process, so nothing
 * waits for the disk: a crash of the server is survived all the same, one of the machine need not be.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: "2min",
  wal_level: "logical",
  max_connections: "100",
  max_locks_per_transaction: "64",
  shared_buffers: "256MB",
  max_wal_size: "2GB",
  fsync: "off",
  full_page_writes: "off",
  log_min_messages: "log",
};

/** Privileges on the database itself, which a copy of it does not have. */
const DATABASE_GRANTS = `
grant all on database :"db" to dashboard_user;
grant create on database :"db" to supabase_auth_admin, supabase_storage_admin;`;

export type SupabaseServerOptions = Omit<ServerOptions, "superuser">;

export class SupabaseServer {
  readonly #server: PostgresServer;
  readonly #passwords: Readonly<Record<LoginRole, string>>;
  readonly #options: SupabaseServerOptions;

  private constructor(
    server: PostgresServer,
    passwords: Readonly<Record<LoginRole, string>>,
    options: SupabaseServerOptions,
  ) {
    this.#server = server;
    this.#passwords = passwords;
    this.#options = options;
  }

  /** Makes the cluster, starts it and makes the roles. @throws {BackupError} `database_error`. */
  static async create(options: SupabaseServerOptions): Promise<SupabaseServer> {
    const passwords = makePasswords();
    const postgres = await PostgresServer.create({
      ...options,
      superuser: { name: "supabase_admin", password: passwords.supabase_admin },
      settings: { ...SETTINGS, ...options.settings },
    });
    const server = new SupabaseServer(postgres, passwords, options);
    await server.start();
    try {
      const variables = Object.entries(PASSWORD_VARIABLES)
        .map(([role, variable]) => `\\set ${variable} ${literal(passwords[role as LoginRole])}\n`);
      await server.#run("postgres", variables.join("") + await sqlText("supabase_roles.sql"));
    } catch (error) {
      await server.stop("immediate");
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#server.port;
  }

  get pid(): number | undefined {
    return this.#server.pid;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(mode?: StopMode): Promise<void> {
    return this.#server.stop(mode);
  }

  /** A new database as a hosted project's is, owned by `postgres`, without auth's tables. */
  async createDatabase(name: string): Promise<void> {
    await this.#run("postgres", `create database ${identifier(name)} owner postgres;`);
    await this.#run(
      name,
      `\\set db ${literal(name)}\n${DATABASE_GRANTS}\n${await sqlText("supabase_database.sql")}`,
    );
  }

  /** A copy of a database to which nothing is connected: a fraction of the time that {@link createDatabase} takes. */
  async copyDatabase(template: string, name: string): Promise<void> {
    await this.#run(
      "postgres",
      `create database ${identifier(name)} template ${identifier(template)} owner postgres;
       \\set db ${literal(name)}
       ${DATABASE_GRANTS}`,
    );
  }

  url(role: LoginRole, database: string): string {
    return `postgres://${role}:${this.#passwords[role]}@127.0.0.1:${this.port}/${
      encodeURIComponent(database)
    }`;
  }

  connection(role: LoginRole, database: string): Connection {
    return parseDatabaseUrl(this.url(role, database), `${role} of ${database}`);
  }

  async #run(database: string, sql: string): Promise<void> {
    const session = await PsqlSession.open({
      psql: this.#options.binaries.path("psql"),
      connection: this.connection("supabase_admin", database),
      signal: this.#options.signal,
    });
    try {
      await session.run(`set client_min_messages = warning;\n${sql}`);
    } finally {
      await session.close();
    }
  }
}

export interface ThrowawayOptions {
  binaries: PostgresBinaries;
  /** Made before `work` begins. */
  databases: readonly string[];
  settings?: Readonly<Record<string, string>>;
  /** Aborted: the server's preparation ends with an error. `work` watches for itself. */
  signal?: AbortSignal;
}

/** Runs `work` on a server of its own that is gone afterwards, with its files, however `work` ends. */
export async function withSupabaseServer<T>(
  options: ThrowawayOptions,
  work: (server: SupabaseServer) => Promise<T>,
): Promise<T> {
  const { binaries, databases, settings, signal } = options;
  const folder = await makeServerFolder(await folderPrefix("postgres"));
  const releases = [guard.add(`folder ${folder}`)];
  const onProcess = (pid: number) => void releases.push(guard.add(`server ${pid}`));
  let server: SupabaseServer | null = null;
  try {
    const own = { folder, ownGroup: true, onProcess };
    server = await SupabaseServer.create({ binaries, settings, signal, ...own });
    for (const name of databases) await server.createDatabase(name);
    return await work(server);
  } finally {
    await server?.stop("immediate");
    await rm(folder, { recursive: true, force: true });
    for (const release of releases) release();
  }
}

function makePasswords(): Record<LoginRole, string> {
  const password = () => randomBytes(18).toString("hex");
  return {
    supabase_admin: password(),
    postgres: password(),
    authenticator: password(),
    supabase_auth_admin: password(),
    supabase_storage_admin: password(),
  };
}

function sqlText(name: string): Promise<string> {
  return readFile(new URL(`./${name}`, import.meta.url), "utf8");
}
