/** The options of the `pg` client for a connection: TLS as libpq's sslmode defines it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { ConnectionOptions } from "node:tls";
import type { ClientConfig } from "pg";
import { BackupError } from "@backup/errors.ts";
import type { Connection } from "./connection.ts";

const SECOND = 1000;
/** Idle time before the first keepalive probe. */
const KEEPALIVE_MS = 30 * SECOND;

/**
 * The attempts, in order: `prefer`, libpq's default, tries without TLS where the server refuses it.
 * Source: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 * @throws {BackupError} `missing_environment` for a root certificate that cannot be read or an unknown sslmode.
 */
export async function clientOptions(connection: Connection): Promise<ClientConfig[]> {
  const { env, host, database, user } = connection;
  const common: ClientConfig = {
    host,
    port: Number(env.PGPORT),
    user,
    database,
    password: env.PGPASSWORD,
    application_name: env.PGAPPNAME,
    client_encoding: "UTF8",
    connectionTimeoutMillis: Number(env.PGCONNECT_TIMEOUT) * SECOND,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    enableChannelBinding: env.PGCHANNELBINDING !== "disable",
  };
  const ways = await tlsWays(env.PGSSLMODE ?? "prefer", env.PGSSLROOTCERT);
  return ways.map((ssl) => ({ ...common, ssl }));
}

async function tlsWays(mode: string, rootFile: string | undefined): Promise<(ConnectionOptions | false)[]> {
  const unverified = { rejectUnauthorized: false };
  switch (mode) {
    case "disable":
      return [false];
    case "allow":
      return [false, unverified];
    case "prefer":
      return [unverified, false];
    case "require":
      return [rootFile === undefined ? unverified : await verified(rootFile, "chain")];
    case "verify-ca":
      return [await verified(rootFile, "chain")];
    case "verify-full":
      return [await verified(rootFile, "chain and name")];
  }
  throw new BackupError("missing_environment", `Cannot connect: unknown sslmode '${mode}'`);
}

/** `system` means the certificate authorities of the runtime, as in libpq 16. */
async function verified(
  rootFile = join(process.env.HOME ?? "", ".postgresql", "root.crt"),
  what: "chain" | "chain and name",
): Promise<ConnectionOptions> {
  const ca = rootFile === "system" ? undefined : await readRoot(rootFile);
  const options: ConnectionOptions = { ca, rejectUnauthorized: true };
  return what === "chain" ? { ...options, checkServerIdentity: () => undefined } : options;
}

async function readRoot(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new BackupError("missing_environment", `Cannot connect: no root certificate at ${file}`, {
      cause,
      hint:
        "Pass sslrootcert=FILE in the database's URL; for a host of Supabase, correct SUPABASE_CA_FILE or unset it.",
    });
  }
}
