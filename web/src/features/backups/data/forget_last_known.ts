/** Where the browser keeps what was last known of production. */
export const LAST_KNOWN = "revo-backups-last-known";

/** Where the browser keeps the passes of active runs. */
export const RUN_PASSES = "revo-backups-run-passes";

let departures = 0;

/** How many times a user left this page. What was read before the last time must not be kept any more. */
export function countDepartures(): number {
  return departures;
}

/** Removes both when a user leaves, so that the next user of the browser does not have them. */
export function forgetLastKnown(): void {
  departures++;
  localStorage.removeItem(LAST_KNOWN);
  localStorage.removeItem(RUN_PASSES);
}
