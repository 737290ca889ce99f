/** Where the browser keeps what was last known of production. */
export const LAST_KNOWN = "revo-backups-last-known";

/** Removes it, so that the next user of the browser does not see it. */
export function forgetLastKnown(): void {
  localStorage.removeItem(LAST_KNOWN);
}
