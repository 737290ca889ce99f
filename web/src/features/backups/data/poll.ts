/** How often to look at what goes on. A hidden tab does not look at all: react-query sees to that. */

const SOON_MS = 2000;
const SELDOM_MS = 30_000;

/**
 * When to ask again, in milliseconds: soon, and after errors as late again as there has been no news.
 *
 * @example pollDelay({ dataUpdatedAt: 0, errorUpdatedAt: 8000 }) // 8000
 */
export function pollDelay(last: { dataUpdatedAt: number; errorUpdatedAt: number }): number {
  const silence = last.errorUpdatedAt - last.dataUpdatedAt;
  return Math.min(Math.max(silence, SOON_MS), SELDOM_MS);
}
