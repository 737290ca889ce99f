/** What runs and what ran: one chunk. */
export { LiveRuns } from "./live_runs.tsx";
export { PastRuns } from "./past_runs.tsx";
