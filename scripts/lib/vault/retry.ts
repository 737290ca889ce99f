/** Repeats operations after transient failures, with growing waits, for a limited time; each retry is reported. */
import { setTimeout as sleep } from "node:timers/promises";
import { BackupError } from "@backup/errors.ts";

export interface Retry {
  operation: string;
  key: string;
  /** Failures in a row so far. */
  failures: number;
  waitMs: number;
  error: BackupError;
}

export interface RetryPolicy {
  /** How long failures in a row are repeated, from the first one on, in milliseconds. @default 60_000 */
  patienceMs?: number;
  /** Called before each wait. */
  onRetry?: (retry: Retry) => void;
  /** @default `Date.now` */
  now?: () => number;
  /** @default a timer */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Of [0, 1), spreads the waits. @default `Math.random` */
  random?: () => number;
}

const PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;

/** Statuses after which another attempt may succeed: time-out, too many requests. */
const PASSING_STATUS: ReadonlySet<unknown> = new Set([408, 429]);

/** Whether another attempt may succeed. 501 says that the vault does not support the request. */
export function isTransient(error: unknown): error is BackupError {
  if (!(error instanceof BackupError)) return false;
  if (error.code === "vault_unreachable") return true;
  const { status } = error.details;
  return error.code === "vault_error" &&
    (PASSING_STATUS.has(status) || typeof status === "number" && status >= 500 && status !== 501);
}

/** The failures in a row of one operation. */
export class Retries {
  #failures = 0;
  #since = 0;

  constructor(
    private readonly policy: RetryPolicy,
    private readonly about: { operation: string; key: string; signal?: AbortSignal },
  ) {}

  /** Resets the count of failures in a row. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits before the next attempt. @throws `error` when it is not transient or time is up; the signal's reason. */
  async afterFailure(error: unknown): Promise<void> {
    const { operation, key, signal } = this.about;
    signal?.throwIfAborted();
    const { patienceMs = PATIENCE_MS, now = Date.now, random = Math.random, onRetry } = this.policy;
    if (!isTransient(error)) throw error;
    if (this.#failures++ === 0) this.#since = now();
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
    const waitMs = Math.round(longest * (1 + random()) / 2);
    if (now() + waitMs - this.#since > patienceMs) throw error;
    onRetry?.({ operation, key, failures: this.#failures, waitMs, error });
    await (this.policy.sleep ?? pause)(waitMs, signal);
    signal?.throwIfAborted();
  }
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
}
