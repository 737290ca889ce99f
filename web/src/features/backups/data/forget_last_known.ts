/** Where the browser keeps what was last known of production. */
export const LAST_KNOWN = "revo-backups-last-known";

/** Where the browser keeps the passes of active runs. */
export const RUN_PASSES = "revo-backups-run-passes";

/** Removes both, so that the next user of the browser does not have them. */
export function forgetLastKnown(): void {
  localStorage.removeItem(LAST_KNOWN);
  localStorage.removeItem(RUN_PASSES);
}
