/**
 * Cuts a stream into parts of exactly `size` bytes (the last one may be shorter; an empty stream gives one
 * empty part). Each part is a buffer of its own: it may be sent while the next one is filled.
 * @param onChunk called with every chunk before it is copied, for hashing
 */
export async function* fillParts(
  source: AsyncIterable<Uint8Array>,
  size: number,
  onChunk: (chunk: Uint8Array) => void = () => {},
): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(size);
  let filled = 0;
  let any = false;
  for await (const chunk of source) {
    onChunk(chunk);
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + size - filled);
      part.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled === size) {
        yield part;
        any = true;
        part = new Uint8Array(size);
        filled = 0;
      }
    }
  }
  if (filled > 0 || !any) yield part.subarray(0, filled);
}
