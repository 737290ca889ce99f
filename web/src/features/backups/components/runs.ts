/** Active and past runs, loaded as one chunk. */
export { LiveRuns } from "./live_runs.tsx";
export { PastRuns } from "./past_runs.tsx";
