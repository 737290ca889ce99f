/**
 * Watches the locks of a running dump twice a second: how long pg_dump and our sessions wait for a lock, and whether DDL
 * waits for them. pg_dump has a time-out of its own only for LOCK TABLE, and poolers drop settings in PGOPTIONS.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { sqlFile } from "../postgres/database_facts.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { literal } from "../postgres/sql_text.ts";
import { Disturbance } from "./disturbance.ts";

const EVERY_MS = 500;
/** How long DDL that blocks the readers of a relation may wait for the dump. */
const DDL_WAIT_LIMIT_SECONDS = 2.5;

const stateSchema = z.object({
  waiting: z.array(z.object({ seconds: z.number(), holder: z.string() })).nullable(),
  blocking: z.array(z.object({ seconds: z.number(), waiter: z.string() })).nullable(),
});
type State = z.infer<typeof stateSchema>;

export interface LockWatchOptions {
  /** pg_dump's, no other session has it. */
  applicationName: string;
  /** Server processes of our sessions. */
  ours: readonly number[];
  /** How long pg_dump or a session of ours may wait for a lock. */
  lockTimeoutMs: number;
  /** Whether to end the dump for DDL that waits for it now; otherwise the DDL is only logged. */
  endsForDdl: () => boolean;
  log: (line: string) => void;
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
  readonly #logged = new Set<string>();

  /** @param session one that nothing else waits for; used until {@link stop} */
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
      const state = await this.#read();
      if (signal.aborted || state === null) return;
      this.#lastHolders = (state.waiting ?? []).map(({ holder }) => holder);
      const reason = this.#reasonToEnd(state);
      if (reason !== null) return this.#options.onEnd(reason);
      await sleep(EVERY_MS, null, { signal }).catch(() => {}); // stop() ends the wait
    }
  }

  /** `null` when the server no longer answers, which the dump itself reports. */
  async #read(): Promise<State | null> {
    const { applicationName, ours, log } = this.#options;
    const query = (await sqlFile("lock_waits.sql"))
      .replaceAll("$OURS", `'{${ours}}'::int[]`)
      .replaceAll("$DUMP", literal(applicationName));
    try {
      return stateSchema.parse(await this.#session.value(`${query};`));
    } catch (error) {
      if (!this.#stop.signal.aborted) log(`the locks of the dump can no longer be read: ${String(error)}`);
      return null;
    }
  }

  #reasonToEnd({ waiting, blocking }: State): BackupError | null {
    const { lockTimeoutMs, endsForDdl, log } = this.#options;
    if (waiting?.some(({ seconds }) => seconds * 1000 >= lockTimeoutMs)) {
      return lockTimeoutError(this.lastHolders);
    }
    const waiters = (blocking ?? []).filter(({ seconds }) => seconds >= DDL_WAIT_LIMIT_SECONDS);
    if (waiters.length === 0) return null;
    const names = waiters.map(({ waiter }) => waiter).join("; ");
    if (endsForDdl()) {
      return new Disturbance(
        `Cannot go on with the dump: ${names}`,
        "DDL and the backup disturb each other; repeat the backup when the migration is done.",
      );
    }
    if (!this.#logged.has(names)) log(`the dump goes on, although DDL waits for it: ${names}`);
    this.#logged.add(names);
    return null;
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
