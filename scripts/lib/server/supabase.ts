/** A PostgreSQL server with Supabase's role model: for the embedded stack, the drill and the tests. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type Connection, parseDatabaseUrl } from "../postgres/connection.ts";
import { PsqlSession } from "../postgres/psql.ts";
import { Session } from "../postgres/session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { PostgresServer, type ServerOptions, type StopMode } from "./server.ts";

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
 * The settings of a hosted project that affect backups: its global statement_timeout, logical WAL for publications,
 * PostgreSQL's default of locks per transaction. The data is deleted with this process, so nothing is flushed to the disk:
 * it survives a crash of the server, not of the machine.
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
  ...parallelSettings(availableParallelism()),
  log_min_messages: "log",
};

/** A hosted project has as many workers as its instance has cores; PostgreSQL's default knows nothing of the machine. */
function parallelSettings(cores: number): Record<string, string> {
  const shared = String(Math.ceil(cores / 2));
  return {
    max_parallel_workers: String(cores),
    max_parallel_workers_per_gather: shared,
    max_parallel_maintenance_workers: shared,
  };
}

/** Privileges on the database itself, which a copy of it does not have. */
function databaseGrants(name: string): string {
  const database = identifier(name);
  return `grant all on database ${database} to dashboard_user;
grant create on database ${database} to supabase_auth_admin, supabase_storage_admin;`;
}

/** A stopped server that was created here, to be copied. */
export interface SupabaseCluster {
  /** Its data folder. */
  data: string;
  passwords: Readonly<Record<LoginRole, string>>;
}

export interface SupabaseServerOptions extends Omit<ServerOptions, "superuser" | "copyOf"> {
  /** Copied with its roles, passwords and databases. */
  cluster?: SupabaseCluster;
}

export class SupabaseServer {
  readonly #server: PostgresServer;
  readonly passwords: Readonly<Record<LoginRole, string>>;
  readonly #options: Omit<ServerOptions, "superuser">;

  private constructor(
    server: PostgresServer,
    passwords: Readonly<Record<LoginRole, string>>,
    options: Omit<ServerOptions, "superuser">,
  ) {
    this.#server = server;
    this.passwords = passwords;
    this.#options = options;
  }

  /** Creates the cluster, starts it and creates the roles. @throws {BackupError} `database_error`. */
  static async create({ cluster, ...options }: SupabaseServerOptions): Promise<SupabaseServer> {
    const passwords = cluster?.passwords ?? makePasswords();
    const postgres = await PostgresServer.create({
      ...options,
      copyOf: cluster?.data,
      superuser: { name: "supabase_admin", password: passwords.supabase_admin },
      settings: { ...SETTINGS, ...options.settings },
    });
    const server = new SupabaseServer(postgres, passwords, options);
    await server.start();
    if (cluster !== undefined) return server;
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

  /** Creates a database as a hosted project has it, owned by `postgres`, without the tables of auth. */
  async createDatabase(name: string): Promise<void> {
    await this.#run("postgres", `create database ${identifier(name)} owner postgres;`);
    await this.#run(name, `${databaseGrants(name)}\n${await sqlText("supabase_database.sql")}`);
  }

  /**
   * A copy of a database to which nothing is connected: a fraction of the time that {@link createDatabase} takes. Its
   * files are copied: as write-ahead log, the default, it takes twice the processor's time.
   */
  async copyDatabase(template: string, name: string): Promise<void> {
    const { env, ...connection } = this.connection("supabase_admin", "postgres");
    const session = await Session.open({
      connection: { ...connection, env: { PGSSLMODE: "disable", ...env } },
      signal: this.#options.signal,
    });
    try {
      await session.run(
        `create database ${identifier(name)} template ${
          identifier(template)
        } owner postgres strategy file_copy;
         ${databaseGrants(name)}`,
      );
    } finally {
      await session.close();
    }
  }

  url(role: LoginRole, database: string): string {
    return `postgres://${role}:${this.passwords[role]}@127.0.0.1:${this.port}/${
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
