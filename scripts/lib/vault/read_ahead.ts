/** A stream whose reading begins before its consumer is ready. */

export interface ReadAhead extends AsyncIterable<Uint8Array> {
  /** Ends the source early, without waiting for it. */
  return(): void;
}

/** Requests the first chunk at once: a child process that ends before it is read would lose its output. */
export function readAhead(source: AsyncIterable<Uint8Array>): ReadAhead {
  const chunks = source[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<Uint8Array>> | null = chunks.next();
  first.catch(() => {}); // thrown when it is read
  const next = () => {
    const chunk = first ?? chunks.next();
    first = null;
    return chunk;
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      return: async () => await chunks.return?.() ?? { done: true, value: undefined },
    }),
    return: () => void chunks.return?.()?.catch(() => {}),
  };
}
