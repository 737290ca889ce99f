/**
 * For work that a test starts and awaits later: when the test fails in between, the failure of the work is not handled, and
 * an unhandled rejection ends the whole run.
 * @returns the work.
 */
export function awaitedLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
