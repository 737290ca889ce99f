/**
 * One object sent in parts, several at a time, while it is hashed. Each part carries its MD5, which the vault checks;
 * the ETag that the whole must have in the end, MD5 over the parts' MD5s, is computed here.
 * Source for that ETag: Cloudflare's R2 documentation.
 */
import { createHash } from "node:crypto";
import type { ObjectStore, UploadName } from "./object_store.ts";
import { fillParts, PartBuffers } from "./parts.ts";

export interface SentParts {
  /** Of the parts, in order. */
  etags: string[];
  bytes: number;
  sha256: string;
  /** Expected of the whole object. */
  etag: string;
}

const PARALLEL_PARTS = 3;

/** Sends a stream of unknown length. @throws what the store or the stream throws */
export async function sendParts(
  store: ObjectStore,
  upload: UploadName,
  source: AsyncIterable<Uint8Array>,
  { partSize, onProgress, signal }: {
    partSize: number;
    onProgress?: (bytes: number) => void;
    signal?: AbortSignal;
  },
): Promise<SentParts> {
  const whole = createHash("sha256");
  const ofParts = createHash("md5");
  const etags: string[] = [];
  const inFlight = new Set<Promise<void>>();
  let failure: { error: unknown } | null = null;
  let bytes = 0;
  let sent = 0;
  let number = 0;
  const buffers = new PartBuffers(partSize);
  for await (const body of fillParts(source, buffers, (chunk) => whole.update(chunk))) {
    const md5 = createHash("md5").update(body).digest();
    ofParts.update(md5);
    bytes += body.length;
    const n = ++number;
    const sending = store.uploadPart(upload, { number: n, body, md5 }, signal).then((etag) => {
      etags[n - 1] = etag;
      sent += body.length;
      buffers.release(body);
      onProgress?.(sent);
    }).catch((error: unknown) => void (failure ??= { error })).finally(() => inFlight.delete(sending));
    inFlight.add(sending);
    if (inFlight.size >= PARALLEL_PARTS) await Promise.race(inFlight);
    if (failure !== null) break;
  }
  await Promise.all(inFlight);
  rethrow(failure);
  return { etags, bytes, sha256: whole.digest("hex"), etag: `"${ofParts.digest("hex")}-${number}"` };
}

function rethrow(failure: { error: unknown } | null): void {
  if (failure !== null) throw failure.error;
}
