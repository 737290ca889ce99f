/**
 * Work that ends in time: at the limit it is aborted, and given up even where it does not listen. The browser itself
 * waits for minutes, or for ever, for a server that took a question and says nothing.
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

/** Whether it is the end of a {@link withinLimit}. */
export function isLate(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "TimeoutError";
}
