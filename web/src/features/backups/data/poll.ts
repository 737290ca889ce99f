/** The polling interval of active runs. A hidden tab polls only where the user has allowed notifications. */

const SHORTEST_MS = 2000;
const LONGEST_MS = 30_000;

/**
 * The delay until the next poll in milliseconds: 2 s after a success; after errors the time since the last success,
 * which doubles the interval, up to 30 s.
 *
 * @example pollDelay({ dataUpdatedAt: 0, errorUpdatedAt: 8000 }) // 8000
 */
export function pollDelay(last: { dataUpdatedAt: number; errorUpdatedAt: number }): number {
  const silence = last.errorUpdatedAt - last.dataUpdatedAt;
  return Math.min(Math.max(silence, SHORTEST_MS), LONGEST_MS);
}
