/**
 * Database URLs, turned into libpq's environment: the password never reaches a command line or a log.
 * Source for the poolers: Supabase's docs; port 6543 is the transaction pooler, where a snapshot ends with
 * its statement, so that pg_dump and shared snapshots break.
 */
import process from "node:process";
import { BackupError } from "@backup/errors.ts";
import type { Environment } from "../process/environment.ts";
import { tlsVariables } from "./tls.ts";

const TRANSACTION_POOLER_PORT = "6543";

/**
 * The database argument of psql and pg_dump. A peer that disappeared without closing the connection (a
 * crashed machine, a dropped NAT entry) is detected within a minute and a half instead of the system's two hours. libpq has no
 * environment variables for keepalives; all other parameters come from the environment
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES).
 */
export const NOTICE_LOSS =
  "keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000";

/** URL parameters that libpq also takes from its environment. */
const PARAMETERS: Readonly<Record<string, string>> = {
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  channel_binding: "PGCHANNELBINDING",
  gssencmode: "PGGSSENCMODE",
  application_name: "PGAPPNAME",
  connect_timeout: "PGCONNECT_TIMEOUT",
};

/** Values that libpq enforces and the sessions' client cannot: refused, since half of the connections would ignore them. */
const UNSUPPORTED: Readonly<Record<string, string>> = { channel_binding: "require", gssencmode: "require" };

export interface Connection {
  /** libpq environment variables, password included: pass to child processes only. */
  readonly env: Readonly<Record<string, string>>;
  readonly host: string;
  readonly database: string;
  readonly user: string;
  /** The Supabase project of the host or pooler user, where they name it. */
  readonly projectRef: string | null;
  /** `user@host:port/database`, safe to print. */
  toString(): string;
}

/**
 * Reads a `postgres://` URL.
 * @param name the URL's name in error messages, for example `SUPABASE_DB_URL_PROD`
 * @param environment with SUPABASE_CA_FILE
 * @throws {BackupError} `missing_environment` when it is no such URL, `transaction_pooler` for port 6543.
 */
export function parseDatabaseUrl(
  text: string,
  name: string,
  environment: Environment = process.env,
): Connection {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === "" || url.pathname.length < 2) {
    throw new BackupError("missing_environment", `Cannot use ${name}: it is not a database URL`, {
      hint: "Expected postgres://user:password@host:5432/database (percent-encode special characters).",
    });
  }
  if (url.port === TRANSACTION_POOLER_PORT) {
    throw new BackupError(
      "transaction_pooler",
      `Cannot use ${name}: port ${TRANSACTION_POOLER_PORT} is the transaction pooler`,
      { hint: "Use the session pooler (port 5432 of the same host) or the direct connection." },
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || "5432";
  const user = decode(url.username, name);
  const database = decode(url.pathname.slice(1), name);
  const given = parameters(url, name);
  return {
    env: {
      PGHOST: host,
      PGPORT: port,
      PGUSER: user,
      PGPASSWORD: decode(url.password, name),
      PGDATABASE: database,
      PGAPPNAME: "revo-backups",
      PGCONNECT_TIMEOUT: "15",
      PGCLIENTENCODING: "UTF8",
      ...given,
      ...tlsVariables(host, given, name, environment),
    },
    host,
    database,
    user,
    projectRef: projectRef(host, user),
    toString: () => `${user}@${host}:${port}/${database}`,
  };
}

/** Percent-decodes a part of the URL; the part itself, which may be the password, is not repeated in the error. */
function decode(part: string, name: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new BackupError("missing_environment", `Cannot use ${name}: a % in it begins no percent-encoding`, {
      cause,
      hint: "Write a % of the password as %25.",
    });
  }
}

function parameters(url: URL, name: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of url.searchParams) {
    const variable = PARAMETERS[key];
    if (!variable) {
      throw new BackupError("missing_environment", `Cannot use ${name}: unknown URL parameter '${key}'`, {
        hint: `Known parameters: ${Object.keys(PARAMETERS).join(", ")}.`,
      });
    }
    if (UNSUPPORTED[key] === value) {
      throw new BackupError("missing_environment", `Cannot use ${name}: ${key}=${value} is not supported`, {
        hint:
          "Remove it: sslmode=verify-full with sslrootcert proves the server. Channel binding is used where it is offered.",
      });
    }
    env[variable] = value;
  }
  return env;
}

function projectRef(host: string, user: string): string | null {
  return /^db\.([a-z0-9]{20})\.supabase\.co$/.exec(host)?.[1] ??
    /^[^.]+\.([a-z0-9]{20})$/.exec(user)?.[1] ?? null;
}
