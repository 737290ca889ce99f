/** Repeats a dump that DDL disturbed, or that found no free connection, a bounded number of times. */
import { setTimeout as sleep } from "node:timers/promises";
import { toBackupError } from "@backup/errors.ts";
import { Disturbance } from "./disturbance.ts";
import { type AttemptOptions, DumpAttempt } from "./dump_attempt.ts";

/** Before each further attempt. A migration of many statements needs longer than one of a single statement. */
const PAUSES_MS = [300, 1000, 2000, 5000, 10_000];
/**
 * Runs `work` with an attempt at a dump, again if that was disturbed or found no free connection.
 * @throws {BackupError} what `work` throws; the last {@link Disturbance} when all attempts were disturbed.
 */
export async function withDump<T>(
  options: AttemptOptions,
  work: (attempt: DumpAttempt) => Promise<T>,
): Promise<T> {
  for (let number = 0;; number++) {
    const pause = PAUSES_MS[number];
    const attempt = await DumpAttempt.begin(options);
    try {
      return await work(attempt);
    } catch (error) {
      const disturbance = error instanceof Disturbance ? error : attempt.disturbance;
      const reason = disturbance ?? toBackupError(error);
      const isTransient = disturbance !== null || reason.code === "database_busy";
      if (!isTransient || pause === undefined) throw disturbance ?? error;
      options.log(`${reason.message}: trying again`);
    } finally {
      await attempt.end();
    }
    await sleep(pause, null, { signal: options.signal });
  }
}
