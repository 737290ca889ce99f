/**
 * Keeps what was refused. Nothing that a stranger sends is stored as it came: no body, texts cut short; and
 * strangers share a budget, so that a flood of them cannot fill the audit or wear out the database.
 */
import { type BackupError, toBackupError } from "@backup/errors.ts";
import type { ActionRequest } from "./request.ts";
import type { Caller, Refusal, RefusalLog } from "./ports.ts";

/** What is known of a request, filled in as it becomes known. */
export interface RefusalContext {
  caller: Caller | null;
  asked: ActionRequest | null;
}

export interface RefusalDependencies {
  log: RefusalLog;
  now: () => Date;
  logFailure: (error: BackupError) => void;
}

/** How many refusals of strangers are kept at once, and how many more each minute, by one instance. */
export const STRANGERS_AT_ONCE = 500;
export const STRANGERS_A_MINUTE = 12;

const LONGEST_METHOD = 10;
const LONGEST_ADDRESS = 64;

/** @returns keeps one refusal. Never fails: what cannot be kept goes to the function's own log. */
export function createRefusalKeeper(
  deps: RefusalDependencies,
): (request: Request, seen: RefusalContext, error: BackupError) => Promise<void> {
  const budget = new Budget(deps.now);
  return async (request, seen, error) => {
    if (seen.caller === null && !budget.take()) return;
    try {
      await deps.log.append(describe(request, seen, error, budget.takeSkipped()));
    } catch (thrown) {
      deps.logFailure(toBackupError(thrown));
    }
  };
}

function describe(
  request: Request,
  { caller, asked }: RefusalContext,
  { code }: BackupError,
  skipped: number,
): Refusal {
  const address = request.headers.get("x-forwarded-for")?.split(",")[0]?.trim().slice(0, LONGEST_ADDRESS);
  return {
    caller,
    target: asked !== null && "target" in asked ? asked.target : null,
    requestId: asked !== null && "request_id" in asked ? asked.request_id ?? null : null,
    r2Key: asked !== null && "r2_key" in asked ? asked.r2_key ?? null : null,
    code,
    detail: {
      action: asked?.action ?? null,
      method: request.method.slice(0, LONGEST_METHOD),
      address: address ?? null,
      // refusals of strangers before this one that were only counted
      ...(skipped === 0 ? {} : { skipped }),
    },
  };
}

/** A bucket that fills up again with time. */
class Budget {
  #left = STRANGERS_AT_ONCE;
  #skipped = 0;
  #at: number;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
    this.#at = now().getTime();
  }

  take(): boolean {
    const now = this.#now().getTime();
    this.#left = Math.min(STRANGERS_AT_ONCE, this.#left + (now - this.#at) / 60_000 * STRANGERS_A_MINUTE);
    this.#at = now;
    if (this.#left < 1) {
      this.#skipped++;
      return false;
    }
    this.#left--;
    return true;
  }

  takeSkipped(): number {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped;
  }
}
