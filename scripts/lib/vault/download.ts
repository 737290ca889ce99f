/** Reading an object of the vault to its end over connections that break. */
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { addAbortSignal, type Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { BackupError } from "@backup/errors.ts";
import { callVault } from "./errors.ts";

/** Connections in a row that bring nothing, after which it is given up. */
const FRUITLESS = 5;
/** Before the second of them; each further wait is twice as long. */
const FIRST_WAIT_MS = 1_000;
/** What may be over a moment later; the client has asked five times by then. */
const PASSING: readonly string[] = ["vault_unreachable", "vault_error"];

/** An object's bytes: after a connection that broke or fell silent, from where it broke. */
export async function* downloadObject(
  s3: S3Client,
  name: { Bucket: string; Key: string },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let first: Opened | null = null;
  let done = 0;
  for (let fruitless = 0;;) {
    try {
      const opened = await open(s3, name, first && { from: done, etag: first.etag }, signal);
      first ??= opened;
      for await (const chunk of opened.body) {
        fruitless = 0;
        done += chunk.length;
        yield chunk;
      }
      if (done >= first.bytes) return;
      throw new Error(`${done} of ${first.bytes} bytes came`);
    } catch (thrown) {
      signal?.throwIfAborted();
      const isPassing = !(thrown instanceof BackupError) || PASSING.includes(thrown.code);
      if (first === null || !isPassing) throw thrown;
      if (++fruitless === FRUITLESS) throw brokenOff(name.Key, thrown);
    }
    await sleep(FIRST_WAIT_MS * 2 ** (fruitless - 1), undefined, { signal })
      .catch(() => signal?.throwIfAborted());
  }
}

interface Opened {
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  bytes: number;
  etag: string;
}

/** @param rest `null` for the whole. @throws {BackupError} `archive_corrupt` when it is another object by now. */
async function open(
  s3: S3Client,
  { Bucket, Key }: { Bucket: string; Key: string },
  rest: { from: number; etag: string } | null,
  signal?: AbortSignal,
): Promise<Opened> {
  const command = new GetObjectCommand({ Bucket, Key, Range: rest ? `bytes=${rest.from}-` : undefined });
  const { Body, ContentLength = 0, ETag = "" } = await callVault(
    Key,
    () => s3.send(command, { abortSignal: signal }),
  );
  const body = Body as Readable | undefined;
  if (body && signal) addAbortSignal(signal, body);
  if (rest === null || rest.etag === ETag) return { body: body ?? [], bytes: ContentLength, etag: ETag };
  body?.destroy();
  throw new BackupError("archive_corrupt", `Cannot read ${Key} to its end: it was replaced meanwhile`);
}

function brokenOff(key: string, cause: unknown): BackupError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BackupError("vault_unreachable", `Cannot read ${key} to its end: ${why}`, { cause });
}
