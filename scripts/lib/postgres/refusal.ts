/**
 * Why a server, or Supabase's pooler before it, refuses a connection. The pooler reports its own reasons with SQLSTATE
 * XX000, and psql reports no SQLSTATE of a connection: their texts are compared.
 * Source: https://supabase.com/docs/guides/database/supavisor and the texts of Supavisor 1 and 2.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BackupError, toBackupError } from "@backup/errors.ts";

/** Too many connections; the server starts or stops. */
const BUSY_STATE = /^(53300|57P03)$/;
const BUSY =
  /EMAXCONN|MaxClientsInSessionMode|max clients reached|max client connections reached|ECHECKOUTTIMEOUT|too many (clients|connections)|remaining connection slots|the database system is (starting up|shutting down|in recovery)|not (yet )?accepting connections/i;
const UNKNOWN_PROJECT = /tenant\b.{0,100}\bnot found/i;
/** libpq's text, and those of Node's TLS for an unknown authority and another name. */
const UNVERIFIED =
  /certificate verify failed|self[- ]signed certificate|unable to (get|verify)[\w ]* certificate|does not match (certificate's altnames|host name)/i;
const AUTHENTICATION_STATE = /^28/;
const AUTHENTICATION = /password authentication failed|no password supplied|role .* does not exist/;

/** How long a connection is waited for, and the pauses between attempts: doubled up to the longest. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/**
 * `database_busy`, which {@link whileBusy} waits for, `database_auth_failed`, else `database_unreachable`.
 * @param sqlstate `null` where it is not known
 */
export function refusalOf(message: string, sqlstate: string | null, cause?: unknown): BackupError {
  const options = { cause, details: { sqlstate } };
  if (UNKNOWN_PROJECT.test(message)) {
    const text = `${message}: the pooler knows no such project, so the URL's user or host is wrong`;
    const hint =
      "The pooler's user is postgres.<project>, its host that of the project's region: copy both from the project.";
    return new BackupError("database_auth_failed", text, { ...options, hint });
  }
  if (isBusy(message, sqlstate)) {
    const hint =
      "Raise the pool size of the project's pooler, or move what connects to it to the transaction pooler.";
    return new BackupError("database_busy", message, { ...options, hint });
  }
  if (UNVERIFIED.test(message)) {
    const hint =
      "It is not the server of the URL, or SUPABASE_CA_FILE or sslrootcert has not its root. A provider that changed its " +
      "root has the new one in its dashboard; SUPABASE_CA_FILE=none connects without verifying, until it is there.";
    return new BackupError("database_unreachable", message, { ...options, hint });
  }
  const isAuthentication = sqlstate === null
    ? AUTHENTICATION.test(message)
    : AUTHENTICATION_STATE.test(sqlstate);
  return new BackupError(
    isAuthentication ? "database_auth_failed" : "database_unreachable",
    message,
    options,
  );
}

/** Whether server or pooler had no room for a connection. */
export function isBusy(message: string, sqlstate: string | null = null): boolean {
  return BUSY_STATE.test(sqlstate ?? "") || BUSY.test(message);
}

/**
 * Repeats an attempt to connect while server or pooler are busy.
 * @param patienceMs for how long; 0 makes one attempt
 * @throws {BackupError} what the last attempt threw; the signal's reason.
 */
export async function whileBusy<T>(
  connect: () => Promise<T>,
  { signal, patienceMs = PATIENCE_MS }: { signal?: AbortSignal; patienceMs?: number },
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await connect();
    } catch (error) {
      if (toBackupError(error).code !== "database_busy" || performance.now() + pauseMs > end) throw error;
      await sleep(pauseMs, null, { signal });
    }
  }
}
