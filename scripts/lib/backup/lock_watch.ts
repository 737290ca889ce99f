/**
 * Watches the locks of a running dump twice a second: how long pg_dump and our sessions wait for a lock, and whether DDL
 * waits for them. pg_dump has a time-out of its own only for LOCK TABLE, and poolers drop settings in PGOPTIONS.
 * A dump that cannot be watched ends: its locks could block others without limit, and a network that lost the connections
 * without a sign would hold it for hours.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { sqlFile } from "../postgres/database_facts.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { literal } from "../postgres/sql_text.ts";
import { Disturbance } from "./disturbance.ts";

const EVERY_MS = 500;
/** How long DDL may wait for the dump while nothing waits behind it. The readers behind it never wait for longer than a read. */
const DDL_WAIT_LIMIT_SECONDS = 2.5;

const stateSchema = z.object({
  waiting: z.array(z.object({ seconds: z.number(), holder: z.string() })).nullable(),
  blocking: z.array(z.object({ seconds: z.number(), waiter: z.string(), isBlocking: z.boolean() }))
    .nullable(),
});
type State = z.infer<typeof stateSchema>;

export interface LockWatchOptions {
  /** pg_dump's, no other session has it. */
  applicationName: string;
  /** Server processes of our sessions. */
  ours: readonly number[];
  /** How long pg_dump or a session of ours may wait for a lock. */
  lockTimeoutMs: number;
  /** Called once, with the reason to end the dump. */
  onEnd: (error: BackupError) => void;
}

export class LockWatch {
  readonly #session: SqlSession;
  readonly #options: LockWatchOptions;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  /** The holders that our sessions waited for at the last read. */
  #lastHolders: string[] = [];

  /** @param session one that nothing else waits for, with a limit for its answers; used until {@link stop} */
  constructor(session: SqlSession, options: LockWatchOptions) {
    this.#session = session;
    this.#options = options;
    this.#loop = this.#watch();
  }

  /** The holders that the dump waited for within the last second; `null` when it did not wait. */
  get lastHolders(): string | null {
    return this.#lastHolders.length === 0 ? null : this.#lastHolders.slice(0, 5).join("; ");
  }

  /**
   * Ends pg_dump's server process: one that waits for a lock does not notice that its client was closed. It is found by
   * its application name at this moment: a process id of an earlier read may belong to another session by now.
   */
  async terminateDump(): Promise<void> {
    await this.#session.run(
      `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
        where datname = current_database() and usename = current_user
          and application_name = ${literal(this.#options.applicationName)};`,
    ).catch(() => {}); // the server no longer answers
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const reason = await this.#read().then((state) => this.#reasonToEnd(state), toBackupError);
      if (signal.aborted) return;
      if (reason !== null) return this.#options.onEnd(reason);
      await sleep(EVERY_MS, null, { signal }).catch(() => {}); // stop() ends the wait
    }
  }

  /** @throws {BackupError} when the session is lost, or the server does not answer in time. */
  async #read(): Promise<State> {
    const { applicationName, ours } = this.#options;
    const query = (await sqlFile("lock_waits.sql"))
      .replaceAll("$OURS", `'{${ours}}'::int[]`)
      .replaceAll("$DUMP", literal(applicationName));
    return stateSchema.parse(await this.#session.value(`${query};`));
  }

  #reasonToEnd({ waiting, blocking }: State): BackupError | null {
    const { lockTimeoutMs } = this.#options;
    this.#lastHolders = (waiting ?? []).map(({ holder }) => holder);
    if (waiting?.some(({ seconds }) => seconds * 1000 >= lockTimeoutMs)) {
      return lockTimeoutError(this.lastHolders);
    }
    const waiters = (blocking ?? []).filter(({ seconds, isBlocking }) =>
      isBlocking || seconds >= DDL_WAIT_LIMIT_SECONDS
    );
    if (waiters.length === 0) return null;
    return new Disturbance(
      `Cannot go on with the dump: ${waiters.map(({ waiter }) => waiter).join("; ")}`,
      "DDL and the backup disturb each other: repeat the backup when the migration is done. What refreshes a materialized " +
        "view more often than a backup takes needs REFRESH MATERIALIZED VIEW CONCURRENTLY.",
    );
  }
}

/** @param holders as {@link LockWatch.lastHolders} */
export function lockTimeoutError(holders: string | null): BackupError {
  return new BackupError(
    "dump_failed",
    `Cannot lock the database's tables in time; ${holders ?? "unknown"}`,
    {
      hint: "A table is locked exclusively, by a migration perhaps; wait for it and repeat.",
    },
  );
}
