/** The vault on any store of objects. */
import { createHash } from "node:crypto";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { type Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { type Encryption, NO_ENCRYPTION } from "./encryption.ts";
import { downloadObject } from "./download.ts";
import type { ErasingRule } from "./lifecycle.ts";
import { sendParts, type SentParts } from "./multipart_upload.ts";
import {
  DELETE_BATCH,
  type ListedObject,
  type ObjectHead,
  type ObjectStore,
  type Origin,
  type RefusedDeletion,
  type UnfinishedUpload,
  type UploadName,
} from "./object_store.ts";
import { newOrigin } from "./origin.ts";
import { readAhead } from "./read_ahead.ts";
import { isTransient, type RetryPolicy } from "./retry.ts";
import { RetryingStore } from "./retrying_store.ts";
import { graceAfter } from "./signals.ts";
import { CLEANUP_MS, SMALL_OBJECT_BYTES, type Upload, type UploadOptions, type Vault } from "./vault.ts";

export interface StoredVaultOptions {
  retry?: RetryPolicy;
  /** Ends every call, with its reason. */
  signal?: AbortSignal;
  /** @default none: signatures are not checked */
  trusted?: TrustedKeys;
  /** @default `null`: what is written is not signed */
  signer?: Signer | null;
  /** @default none: archives are not encrypted, and encrypted ones cannot be read */
  encryption?: Encryption;
}

export class StoredVault implements Vault {
  readonly bucket: string;
  readonly trusted: TrustedKeys;
  readonly signer: Signer | null;
  readonly encryption: Encryption;
  readonly #store: ObjectStore;
  readonly #retry: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  readonly #cleanup: StoredVault;

  constructor(store: ObjectStore, options: StoredVaultOptions = {}, isCleanup = false) {
    const { retry = {}, signal, trusted = TrustedKeys.NONE, signer = null } = options;
    this.encryption = options.encryption ?? NO_ENCRYPTION;
    this.bucket = store.bucket;
    this.trusted = trusted;
    this.signer = signer;
    this.#store = new RetryingStore(store, retry);
    this.#retry = retry;
    this.#signal = signal;
    // created here, so that its time runs from the signal on
    this.#cleanup = isCleanup || !signal
      ? this
      : new StoredVault(store, { ...options, signal: graceAfter(signal, CLEANUP_MS) }, true);
  }

  async upload(
    key: string,
    source: AsyncIterable<Uint8Array>,
    { partSize, onProgress, origin = newOrigin() }: UploadOptions,
  ): Promise<Upload> {
    const stream = readAhead(source);
    const signal = this.#signal;
    try {
      const name = await this.#store.createUpload(key, origin, signal);
      try {
        const sent = await sendParts(this.#store, name, stream, { partSize, onProgress, signal });
        return { ...await this.#complete(name, sent, origin), sha256: sent.sha256 };
      } catch (error) {
        await this.#cleanup.#discard(name);
        throw error;
      }
    } catch (error) {
      stream.return();
      throw asUploadFailure(key, error);
    }
  }

  async put(
    key: string,
    body: Uint8Array | string,
    contentType: string,
    origin: Origin = newOrigin(),
  ): Promise<void> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const md5 = createHash("md5").update(bytes).digest();
    try {
      await this.#store.put({ key, body: bytes, md5, contentType, origin }, this.#signal);
    } catch (error) {
      // a response was lost: the stored object decides
      const isUnclear = isTransient(error) || toBackupError(error).code === "vault_object_exists";
      const stored = isUnclear ? await this.head(key).catch(() => null) : null;
      if (stored?.origin?.writer !== origin.writer || stored.etag !== `"${md5.toString("hex")}"`) throw error;
    }
  }

  head(key: string): Promise<ObjectHead | null> {
    return this.#store.head(key, this.#signal);
  }

  async *download(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const signals = [signal, this.#signal].filter((each) => each !== undefined);
    yield* downloadObject(this.#store, key, this.#retry, signals[1] ? AbortSignal.any(signals) : signals[0]);
  }

  async hash(
    key: string,
    { onBytes, signal }: { onBytes?: (done: number) => void; signal?: AbortSignal } = {},
  ): Promise<{ bytes: number; sha256: string }> {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of this.download(key, signal)) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes?.(bytes);
    }
    return { bytes, sha256: hash.digest("hex") };
  }

  async bytes(key: string, limit = SMALL_OBJECT_BYTES): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let received = 0;
    for await (const chunk of this.download(key)) {
      if ((received += chunk.length) > limit) {
        throw new BackupError("archive_rejected", `Cannot read ${key}: it has more than ${limit} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  async range(key: string, from: number, bytes: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    const range = { from, bytes };
    for await (const chunk of downloadObject(this.#store, key, this.#retry, this.#signal, range)) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  async text(key: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(key));
  }

  delete(key: string): Promise<void> {
    return this.#store.delete(key, this.#signal);
  }

  async deleteMany(keys: readonly string[]): Promise<RefusedDeletion[]> {
    const refused: RefusedDeletion[] = [];
    for (let from = 0; from < keys.length; from += DELETE_BATCH) {
      const batch = keys.slice(from, from + DELETE_BATCH);
      refused.push(...await this.#store.deleteMany(batch, this.#signal));
    }
    return refused;
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let from: string | null = null;
    do {
      const page = await this.#store.list(prefix, from, this.#signal);
      yield* page.objects;
      from = page.next;
    } while (from !== null);
  }

  unfinishedUploads(prefix: string): Promise<UnfinishedUpload[] | null> {
    return this.#store.listUploads(prefix, this.#signal);
  }

  abandonUpload(upload: UploadName): Promise<void> {
    return this.#store.abortUpload(upload, this.#signal);
  }

  erasingRules(): Promise<ErasingRule[]> {
    return this.#store.erasingRules(this.#signal);
  }

  clock(): Promise<Date> {
    return this.#store.clock(this.#signal);
  }

  forCleanup(): Vault {
    return this.#cleanup;
  }

  /**
   * After a failure the stored object's writer, size and ETag decide, since only the response may be lost. The key is
   * checked before, too: R2's simulator ignores the condition of the request.
   */
  async #complete(name: UploadName, sent: SentParts, origin: Origin): Promise<ObjectHead> {
    const { key } = name;
    if (await this.head(key)) throw nameTaken(key);
    const error = await this.#store.completeUpload(name, sent.etags, this.#signal)
      .then(() => null, (thrown: unknown) => thrown);
    this.#signal?.throwIfAborted();
    const stored = await this.head(key);
    const isOurs = stored?.origin?.writer === origin.writer;
    if (isOurs && stored.etag === sent.etag && stored.bytes === sent.bytes) return stored;
    if (isOurs) await this.#cleanup.delete(key);
    else if (stored !== null) throw nameTaken(key);
    if (error !== null) throw error;
    throw new BackupError(
      "upload_mismatch",
      `Cannot confirm ${key}: sent ${sent.bytes} bytes ${sent.etag}, ` +
        `the vault holds ${stored ? `${stored.bytes} bytes ${stored.etag}` : "nothing"}`,
    );
  }

  /** Aborts an upload. A failure is ignored, since R2 drops unfinished uploads after seven days. */
  async #discard(name: UploadName): Promise<void> {
    await this.#store.abortUpload(name, this.#signal).catch(() => {});
  }
}

function nameTaken(key: string): BackupError {
  return new BackupError("vault_object_exists", `Cannot write ${key}: it exists already`);
}

/** A request of an upload that failed; a refused credential, an existing key and errors of the source are not changed. */
function asUploadFailure(key: string, error: unknown): unknown {
  const isVaults = error instanceof BackupError &&
    ["vault_unreachable", "vault_error", "vault_object_missing"].includes(error.code);
  if (!isVaults) return error;
  const { message: why, details } = error;
  return new BackupError("upload_failed", `Cannot upload ${key}: ${why}`, { cause: error, details });
}
