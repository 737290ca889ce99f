/** The end of a long text, read in little memory. */

/** Whole lines alone. @param most bytes that are kept, and so returned. @throws {DOMException} `TimeoutError`; what `fetch` does. */
export async function fetchTail(
  fetchImpl: typeof fetch,
  url: string,
  { most, limitMs }: { most: number; limitMs: number },
): Promise<{ status: number; text: string }> {
  const answer = await fetchImpl(url, { signal: AbortSignal.timeout(limitMs) });
  let tail = new Uint8Array();
  let isCut = false;
  for await (const chunk of answer.body ?? []) {
    const joined = new Uint8Array(tail.length + chunk.length);
    joined.set(tail);
    joined.set(chunk, tail.length);
    isCut ||= joined.length > most;
    tail = joined.slice(-most);
  }
  const text = new TextDecoder().decode(tail);
  return { status: answer.status, text: isCut ? text.slice(text.indexOf("\n") + 1) : text };
}
