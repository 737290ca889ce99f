/**
 * Time is the vault's. A key, a manifest or a receipt states when it was made, and a program that can write into the vault can
 * write any time there; the vault itself states when it stored the object. Both must agree within hours.
 */
import { VAULT_TIME_AHEAD_MS, VAULT_TIME_BEHIND_MS } from "../service_levels.ts";

/**
 * `ahead`: it states a time after the vault's own; it counts for nothing. `behind`: it was stored long after the time
 * that it states, as a backup of another machine or of another bucket; it replaces no backup whose times agree.
 */
export type Dating = "agrees" | "ahead" | "behind";

/**
 * @param stated ISO 8601; what is no time is `ahead`
 * @param storedAt the vault's `LastModified`
 * @example datingOf("2027-01-01T00:00:00Z", new Date("2026-01-15T03:12:00Z")) // "ahead"
 */
export function datingOf(stated: string, storedAt: Date): Dating {
  const lag = storedAt.getTime() - Date.parse(stated);
  if (!(lag >= -VAULT_TIME_AHEAD_MS)) return "ahead";
  return lag > VAULT_TIME_BEHIND_MS ? "behind" : "agrees";
}

/** Whether it states a time after the vault's own. */
export function isAhead(stated: string, storedAt: Date): boolean {
  return datingOf(stated, storedAt) === "ahead";
}
