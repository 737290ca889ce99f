/** The buffers of an upload's parts. One that is given back is filled again, so that memory does not grow with the object. */
export class PartBuffers {
  readonly #free: Uint8Array[] = [];

  /** @param size of every part but the last, in bytes */
  constructor(readonly size: number) {}

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.size);
  }

  /** Gives back a part that nothing reads any more. */
  release(part: Uint8Array): void {
    if (part.length === this.size) this.#free.push(part);
  }
}

/**
 * Cuts a stream into parts of exactly the buffers' size (the last one may be shorter; an empty stream gives one
 * empty part). A part may be sent while the next one is filled; the reader releases it.
 * @param onChunk called with every chunk before it is copied, for hashing
 */
export async function* fillParts(
  source: AsyncIterable<Uint8Array>,
  buffers: PartBuffers,
  onChunk: (chunk: Uint8Array) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const { size } = buffers;
  let part = buffers.take();
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
        part = buffers.take();
        filled = 0;
      }
    }
  }
  if (filled > 0 || !any) yield part.subarray(0, filled);
}
