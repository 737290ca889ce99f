/**
 * What a connection demands of TLS. On this machine: nothing. Elsewhere: encryption at least. A host of Supabase is also
 * verified, certificate and name, by the roots beside this file, or by those of the file that SUPABASE_CA_FILE names.
 */
import { fileURLToPath } from "node:url";
import { BackupError } from "@backup/errors.ts";
import type { Environment } from "../process/environment.ts";

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i;
const SUPABASE = /\.supabase\.(co|com)$/i;
/** Modes in which libpq may connect without TLS. */
const MAY_BE_PLAIN = ["disable", "allow", "prefer"];

/** Supabase's roots; their fingerprints are in connection.test.ts. */
export const SUPABASE_ROOTS = fileURLToPath(new URL("./supabase_roots.pem", import.meta.url));
/** The value of SUPABASE_CA_FILE that verifies nothing. */
const UNVERIFIED = "none";

/** libpq's environment variables. */
type TlsVariables = Partial<Record<"PGSSLMODE" | "PGSSLROOTCERT", string>>;

/**
 * @param given by the URL
 * @param name of the URL, for the error
 * @throws {BackupError} `missing_environment` when the URL permits a connection without TLS to another machine.
 */
export function tlsVariables(
  host: string,
  given: Readonly<TlsVariables>,
  name: string,
  { SUPABASE_CA_FILE }: Environment,
): TlsVariables {
  if (LOOPBACK.test(host)) return {};
  const mode = given.PGSSLMODE ?? "require";
  if (MAY_BE_PLAIN.includes(mode)) {
    throw new BackupError(
      "missing_environment",
      `Cannot use ${name}: sslmode=${mode} permits a connection to ${host} without TLS`,
      {
        hint:
          "Remove it, or write sslmode=verify-full. Without TLS only this machine's own servers are used.",
      },
    );
  }
  const isProvable = SUPABASE.test(host) && SUPABASE_CA_FILE !== UNVERIFIED;
  if (mode === "require" && given.PGSSLROOTCERT === undefined && isProvable) {
    return { PGSSLMODE: "verify-full", PGSSLROOTCERT: SUPABASE_CA_FILE || SUPABASE_ROOTS };
  }
  return { PGSSLMODE: mode };
}

/**
 * What a connection proves: `this machine` nothing is needed · `name` certificate and name of the server · `authority` that
 * the authority issued the certificate · `nothing` encrypted, to whichever server answers.
 */
export type TlsProof = "this machine" | "name" | "authority" | "nothing";

export function tlsProofOf(
  { host, env }: { host: string; env: Readonly<Record<string, string>> },
): TlsProof {
  if (env.PGSSLMODE === "verify-full") return "name";
  if (env.PGSSLMODE === "verify-ca") return "authority";
  if (LOOPBACK.test(host)) return "this machine";
  return env.PGSSLROOTCERT === undefined ? "nothing" : "authority";
}

/** @returns what to say of a connection that proves nothing of the server, else `null` */
export function tlsWarning(
  connection: { host: string; env: Readonly<Record<string, string>> },
): string | null {
  if (tlsProofOf(connection) !== "nothing") return null;
  return `the connection to ${connection.host} is encrypted, but the server is not verified: ` +
    (SUPABASE.test(connection.host)
      ? "SUPABASE_CA_FILE is none"
      : "its URL has no sslmode=verify-full with sslrootcert");
}
