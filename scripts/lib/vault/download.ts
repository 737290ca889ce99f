/** Reads an object to its end; after a broken connection the next one resumes where it ended. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { ObjectStore, OpenObject } from "./object_store.ts";
import { isTransient, Retries, type RetryPolicy } from "./retry.ts";

/** Bytes of a connection that count as progress: with fewer, its failure counts as another one in a row. */
const PROGRESS_BYTES = 8 * 1024;

/** {@link Vault.download}, or {@link Vault.range} */
export async function* downloadObject(
  store: ObjectStore,
  key: string,
  policy: RetryPolicy,
  signal?: AbortSignal,
  range: { from: number; bytes?: number } = { from: 0 },
): AsyncGenerator<Uint8Array> {
  const retries = new Retries(policy, { operation: "read", key, signal });
  let whole: { bytes: number; etag: string } | null = null;
  for (let done = 0;;) {
    const from = done;
    try {
      const left = range.bytes === undefined ? undefined : range.bytes - from;
      const opened = await store.get(key, range.from + from, signal, left);
      whole ??= opened;
      await requireSame(key, opened, whole.etag);
      for await (const chunk of opened.body) {
        done += chunk.length;
        yield chunk;
      }
      if (done >= whole.bytes) return;
      throw new BackupError("vault_unreachable", `${done} of ${whole.bytes} bytes came`);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (whole === null) throw thrown;
      // a connection that breaks behind the last byte: no range begins there
      if (done >= whole.bytes) return;
      if (done - from >= PROGRESS_BYTES) retries.reset();
      await retries.afterFailure(thrown).catch((error: unknown) => {
        throw isTransient(error) ? brokenOff(key, error) : error;
      });
    }
  }
}

/** @throws {BackupError} `archive_corrupt` when it is another object than at the first connection. */
async function requireSame(key: string, { body, etag }: OpenObject, expected: string): Promise<void> {
  if (etag === expected) return;
  await body[Symbol.asyncIterator]().return?.();
  throw new BackupError("archive_corrupt", `Cannot read ${key} to its end: it was replaced meanwhile`);
}

function brokenOff(key: string, cause: unknown): BackupError {
  const why = toBackupError(cause).message;
  return new BackupError("vault_unreachable", `Cannot read ${key} to its end: ${why}`, { cause });
}
