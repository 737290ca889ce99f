/** Minimum speed of a transfer: a very slow connection never reaches the idle time-out. */

/** Below this a connection to the vault counts as broken, in bytes a second: an eighth of a slow ADSL line. */
export const LEAST_BYTES_PER_SECOND = 16 * 1024;

/** Time for a request of so many bytes, and for its answer. */
export function requestTime(bytes: number, silenceMs: number): number {
  return silenceMs + bytes / LEAST_BYTES_PER_SECOND * 1000;
}

/** Bytes that a connection must bring in a window of so many milliseconds. */
export function leastBytes(windowMs: number): number {
  return LEAST_BYTES_PER_SECOND * windowMs / 1000;
}

/**
 * Passes chunks on while enough of them come. Only the time spent waiting for the source counts, not the time that
 * the consumer takes. @throws {Error} when fewer than {@link leastBytes} came in a window
 */
export async function* requireSpeed(
  source: AsyncIterable<Uint8Array>,
  windowMs: number,
): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<Uint8Array>> | null = null;
  let waited = 0;
  let bytes = 0;
  for (;;) {
    const from = performance.now();
    pending ??= chunks.next();
    const next = await within(pending, windowMs - waited);
    waited += performance.now() - from;
    if (next?.done === true) return;
    bytes += next?.value.length ?? 0;
    if (next === null || waited >= windowMs) {
      if (bytes < leastBytes(windowMs)) throw new Error(`only ${bytes} bytes came in ${windowMs} ms`);
      [waited, bytes] = [0, 0];
    }
    if (next === null) continue;
    pending = null;
    yield next.value;
  }
}

/** The result, or `null` when it is not there in time. */
async function within<T>(result: Promise<T>, ms: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => timer = setTimeout(() => resolve(null), Math.max(0, ms)));
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
