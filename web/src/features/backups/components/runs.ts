/** Active and past runs and the announcement of their end, loaded as one chunk. */
export { announceEnd } from "./announce_end.ts";
export { LiveRuns } from "./live_runs.tsx";
export { PastRuns } from "./past_runs.tsx";
