/** A second try of a backup that the schedule started: no user repeats it. */
import { setTimeout as sleep } from "node:timers/promises";
import { toBackupError } from "@backup/errors.ts";

/** Longer than the restart of a database or its pooler takes. */
const PAUSE_MS = 60_000;
const OF_THE_CONNECTION: readonly string[] = ["database_busy", "database_unreachable"];

/** Repeats the work once, after a pause, when the database could not be reached or the connection was lost. */
export async function withSecondTry<T>(
  work: () => Promise<T>,
  { log, signal, pauseMs = PAUSE_MS }: {
    log: (line: string) => void;
    signal?: AbortSignal;
    pauseMs?: number;
  },
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message } = toBackupError(thrown);
    if (!OF_THE_CONNECTION.includes(code) || signal?.aborted) throw thrown;
    log(`${message}: a second try in ${pauseMs / 1000} s`);
    await sleep(pauseMs, null, { signal });
    return await work();
  }
}
