/** Reads an archive for its stage: the bytes once, from front to back. */
import { isDeepStrictEqual } from "node:util";
import { BackupError } from "@backup/errors.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { describeFailure, type Pipeline, type Stage } from "../process/pipeline.ts";

/**
 * What was decided comes from a table of contents that was read alone, without the hash of the whole archive. This reading
 * goes to the end, where the hash is compared.
 */
export function requireSameToc(read: ArchiveToc, decidedBy: ArchiveToc): void {
  if (isDeepStrictEqual(read, decidedBy)) return;
  throw new BackupError(
    "archive_corrupt",
    "Cannot use the archive: its table of contents changed while it was read",
    {
      hint: "The target was not touched. Find out who wrote to the vault.",
    },
  );
}

/** What the program writes; an error at its end when it failed. */
export async function* uncompressed(
  { stdout, ended }: Pipeline,
  program: Stage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield* stdout;
  signal?.throwIfAborted();
  const failure = describeFailure([program], await ended);
  if (failure === null) return;
  throw new BackupError("archive_corrupt", `Cannot read the archive to its end: ${failure}`);
}

/** Keeps the first bytes of a stream until they are asked for. */
export function withHead(source: AsyncIterable<Uint8Array>, onBytes: (done: number) => void) {
  let kept: Uint8Array[] | null = [];
  let done = 0;
  async function* chunks() {
    for await (const chunk of source) {
      kept?.push(chunk);
      onBytes(done += chunk.length);
      yield chunk;
    }
  }
  const head = (bytes: number) => {
    const joined = Buffer.concat(kept ?? []).subarray(0, bytes);
    kept = null;
    return joined;
  };
  return { chunks: chunks(), head };
}
