/**
 * Records refusals in the audit. No body is stored and texts are shortened. Unauthenticated callers share a budget, and
 * each user has one, so that a flood cannot fill the audit or load the database.
 */
import { type BackupError, toBackupError } from "@backup/errors.ts";
import type { ActionRequest } from "./request.ts";
import type { Caller, Refusal, RefusalLog } from "./ports.ts";

/** What is known of a request, filled in as it becomes known. */
export interface RefusalContext {
  caller: Caller | null;
  actionRequest: ActionRequest | null;
}

export interface RefusalDependencies {
  log: RefusalLog;
  now: () => Date;
  logFailure: (error: BackupError) => void;
}

/** Budget of one instance for refusals of unauthenticated callers: at once, and more each minute. */
export const STRANGERS_AT_ONCE = 500;
export const STRANGERS_A_MINUTE = 12;

/** The same for each signed-in user. */
export const SIGNED_IN_AT_ONCE = 300;
export const SIGNED_IN_A_MINUTE = 30;
/** Users whose budgets are kept; the one that was refused least lately begins anew. */
const USERS_KEPT = 1000;

const LONGEST_METHOD = 10;
const LONGEST_ADDRESS = 64;

/** @returns records one refusal. Does not throw: a refusal that cannot be recorded goes to the function's log. */
export function createRefusalKeeper(
  deps: RefusalDependencies,
): (request: Request, context: RefusalContext, error: BackupError) => Promise<void> {
  const strangers = new Budget(deps.now, STRANGERS_AT_ONCE, STRANGERS_A_MINUTE);
  const users = new Map<string, Budget>();
  const budgetOf = (id: string) => {
    const budget = users.get(id) ?? new Budget(deps.now, SIGNED_IN_AT_ONCE, SIGNED_IN_A_MINUTE);
    users.delete(id); // the last entry is the newest
    users.set(id, budget);
    const [oldest] = users.keys();
    if (users.size > USERS_KEPT && oldest !== undefined) users.delete(oldest);
    return budget;
  };
  return async (request, context, error) => {
    const budget = context.caller === null ? strangers : budgetOf(context.caller.id);
    if (!budget.take()) return;
    try {
      await deps.log.append(describe(request, context, error, budget.takeSkipped()));
    } catch (thrown) {
      deps.logFailure(toBackupError(thrown));
    }
  };
}

function describe(
  request: Request,
  { caller, actionRequest }: RefusalContext,
  { code }: BackupError,
  skipped: number,
): Refusal {
  const address = request.headers.get("x-forwarded-for")?.split(",")[0]?.trim().slice(0, LONGEST_ADDRESS);
  return {
    caller,
    target: actionRequest !== null && "target" in actionRequest ? actionRequest.target : null,
    requestId: actionRequest !== null && "request_id" in actionRequest
      ? actionRequest.request_id ?? null
      : null,
    r2Key: actionRequest !== null && "r2_key" in actionRequest ? actionRequest.r2_key ?? null : null,
    code,
    detail: {
      action: actionRequest?.action ?? null,
      method: request.method.slice(0, LONGEST_METHOD),
      address: address ?? null,
      // refusals of this user, or of unauthenticated callers, that were counted, not recorded
      ...(skipped === 0 ? {} : { skipped }),
    },
  };
}

/** A token bucket. */
class Budget {
  #left: number;
  #skipped = 0;
  #at: number;

  constructor(
    private readonly now: () => Date,
    private readonly atOnce: number,
    private readonly aMinute: number,
  ) {
    this.#left = atOnce;
    this.#at = now().getTime();
  }

  take(): boolean {
    const now = this.now().getTime();
    this.#left = Math.min(this.atOnce, this.#left + (now - this.#at) / 60_000 * this.aMinute);
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
