/**
 * Runs work with a time limit: at the limit its signal is aborted and the promise rejects, even if the work ignores
 * the signal. Browsers wait for minutes or without limit for a server that accepts a request and does not respond.
 * @throws {DOMException} `TimeoutError` at the limit; what the work throws.
 */
export async function withinLimit<T>(
  limitMs: number,
  signal: AbortSignal | null | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const abort = () => end.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new DOMException(`No answer in ${limitMs} ms`, "TimeoutError");
      reject(error);
      end.abort(error);
    }, limitMs);
  });
  try {
    return await Promise.race([work(end.signal), late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** Whether an error is the time-out of {@link withinLimit}. */
export function isTimeout(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "TimeoutError";
}
