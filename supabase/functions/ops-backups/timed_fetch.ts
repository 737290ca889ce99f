/** `fetch` with a time limit for the whole answer. */

/** Statuses whose answers have no body. */
const WITHOUT_BODY: readonly number[] = [101, 103, 204, 205, 304];

/**
 * A `fetch` whose whole answer, body included, comes within `limitMs`. The clock stops as soon as it is there;
 * `AbortSignal.timeout` would hold on to each request until its time is up.
 *
 * A caller's own signal is not listened to, and the answer is a copy without `url`.
 * @throws {DOMException} `TimeoutError`
 */
export function timedFetch(fetchImpl: typeof fetch, limitMs: number): typeof fetch {
  return async (input, init) => {
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(new DOMException("The answer took too long", "TimeoutError")),
      limitMs,
    );
    try {
      const answer = await fetchImpl(input, { ...init, signal: limit.signal });
      const body = await answer.arrayBuffer();
      return new Response(WITHOUT_BODY.includes(answer.status) ? null : body, answer);
    } finally {
      clearTimeout(timer);
    }
  };
}
