/** Repeats a dump that DDL disturbed, a bounded number of times. */
import { setTimeout as sleep } from "node:timers/promises";
import { Disturbance } from "./disturbance.ts";
import { type AttemptOptions, DumpAttempt } from "./dump_attempt.ts";

/** Before each further attempt. A migration of many statements needs longer than one of a single statement. */
const PAUSES_MS = [300, 1000, 2000, 5000, 10_000];
/**
 * Runs `work` with an attempt at a dump, again if that was disturbed.
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
      if (disturbance === null || pause === undefined) throw disturbance ?? error;
      options.log(`${disturbance.message}: trying again`);
    } finally {
      await attempt.end();
    }
    await sleep(pause, null, { signal: options.signal });
  }
}
