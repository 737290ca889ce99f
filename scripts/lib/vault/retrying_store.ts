/** A store that repeats requests after transient failures. */
import type { ErasingRule } from "./lifecycle.ts";
import type {
  ListPage,
  NewObject,
  ObjectHead,
  ObjectStore,
  OpenObject,
  Origin,
  Part,
  RefusedDeletion,
  UnfinishedUpload,
  UploadName,
} from "./object_store.ts";
import { Retries, type RetryPolicy } from "./retry.ts";

/**
 * An answer may be lost after its request was done: then the repeated write fails with `vault_object_exists`,
 * and the repeated abort with `vault_object_missing`. Callers that write compare the object's origin with their own.
 */
export class RetryingStore implements ObjectStore {
  constructor(private readonly store: ObjectStore, private readonly policy: RetryPolicy) {}

  get bucket(): string {
    return this.store.bucket;
  }

  put(object: NewObject, signal?: AbortSignal): Promise<void> {
    return this.#retry("put", object.key, signal, () => this.store.put(object, signal));
  }

  head(key: string, signal?: AbortSignal): Promise<ObjectHead | null> {
    return this.#retry("head", key, signal, () => this.store.head(key, signal));
  }

  get(key: string, from: number, signal?: AbortSignal, bytes?: number): Promise<OpenObject> {
    return this.#retry("get", key, signal, () => this.store.get(key, from, signal, bytes));
  }

  delete(key: string, signal?: AbortSignal): Promise<void> {
    return this.#retry("delete", key, signal, () => this.store.delete(key, signal));
  }

  deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<RefusedDeletion[]> {
    return this.#retry("delete", keys[0] ?? "", signal, () => this.store.deleteMany(keys, signal));
  }

  list(prefix: string, from: string | null, signal?: AbortSignal): Promise<ListPage> {
    return this.#retry("list", prefix, signal, () => this.store.list(prefix, from, signal));
  }

  createUpload(key: string, origin: Origin, signal?: AbortSignal): Promise<UploadName> {
    return this.#retry("create upload", key, signal, () => this.store.createUpload(key, origin, signal));
  }

  uploadPart(upload: UploadName, part: Part, signal?: AbortSignal): Promise<string> {
    const operation = `upload part ${part.number}`;
    return this.#retry(operation, upload.key, signal, () => this.store.uploadPart(upload, part, signal));
  }

  completeUpload(upload: UploadName, etags: readonly string[], signal?: AbortSignal): Promise<void> {
    const complete = () => this.store.completeUpload(upload, etags, signal);
    return this.#retry("complete upload", upload.key, signal, complete);
  }

  abortUpload(upload: UploadName, signal?: AbortSignal): Promise<void> {
    return this.#retry("abort upload", upload.key, signal, () => this.store.abortUpload(upload, signal));
  }

  listUploads(prefix: string, signal?: AbortSignal): Promise<UnfinishedUpload[] | null> {
    return this.#retry("list uploads", prefix, signal, () => this.store.listUploads(prefix, signal));
  }

  erasingRules(signal?: AbortSignal): Promise<ErasingRule[]> {
    return this.#retry("read lifecycle rules", this.bucket, signal, () => this.store.erasingRules(signal));
  }

  clock(signal?: AbortSignal): Promise<Date> {
    return this.#retry("read clock", this.bucket, signal, () => this.store.clock(signal));
  }

  async #retry<T>(
    operation: string,
    key: string,
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    const retries = new Retries(this.policy, { operation, key, signal });
    for (;;) {
      try {
        return await call();
      } catch (thrown) {
        await retries.afterFailure(thrown);
      }
    }
  }
}
