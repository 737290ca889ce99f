/** `fetch` with a time limit for the whole response. */

/** Statuses whose responses have no body. */
const WITHOUT_BODY: readonly number[] = [101, 103, 204, 205, 304];

/**
 * A `fetch` whose whole response, body included, arrives within `limitMs`. The timer stops when it is complete;
 * `AbortSignal.timeout` would retain each request until its time is up.
 *
 * A caller's own signal is ignored, and the response is a copy without `url`.
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
