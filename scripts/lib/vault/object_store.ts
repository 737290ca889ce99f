/**
 * A bucket of objects as the vault uses it: one method, one request. Requests are not repeated here but in
 * {@link RetryingStore}. Implementations: {@link R2Store}, {@link MemoryStore}; `contract.test.ts` holds them equal.
 */
import type { ErasingRule } from "./lifecycle.ts";

/** Most keys that one request deletes: S3's API, and R2's. */
export const DELETE_BATCH = 1000;

/** Which write made an object; stored in its metadata. */
export interface Origin {
  /** Unique to one writer: a later write of the same key is recognised as one of another writer. */
  writer: string;
  /** Request id of the run that wrote it, `null` without one. */
  run: string | null;
}

export interface StoredObject {
  key: string;
  bytes: number;
  etag: string;
}

export interface ListedObject extends StoredObject {
  modifiedAt: Date;
}

/** An object without its bytes. */
export interface ObjectHead extends ListedObject {
  /** The vault's own time when it answered. */
  readAt: Date;
  /** `null` for an object that was not written by this product, or by a version that wrote no origin. */
  origin: Origin | null;
}

export interface NewObject {
  key: string;
  body: Uint8Array;
  /** Of the body; the store refuses other bytes. */
  md5: Uint8Array;
  contentType: string;
  /** `null`: written without an origin, as by other tools. */
  origin: Origin | null;
}

export interface OpenObject {
  /** From the requested position on. */
  body: AsyncIterable<Uint8Array>;
  /** Length of `body`. */
  bytes: number;
  etag: string;
}

export interface ListPage {
  objects: ListedObject[];
  /** Where the next page begins, `null` after the last. */
  next: string | null;
}

export interface UploadName {
  key: string;
  uploadId: string;
}

export interface UnfinishedUpload extends UploadName {
  begunAt: Date;
}

export interface Part {
  number: number;
  body: Uint8Array;
  md5: Uint8Array;
}

export interface RefusedDeletion {
  key: string;
  /** The vault's error code, and its message where there is one. */
  reason: string;
}

/**
 * Every method stops at its signal and then throws the signal's reason.
 * @throws {BackupError} `vault_unreachable` without an answer in time, `vault_auth_failed`, `vault_object_missing`,
 * `vault_object_exists`, `vault_error` with `details.status` for any other answer
 */
export interface ObjectStore {
  readonly bucket: string;
  /** Writes a new object. @throws {BackupError} `vault_object_exists`; nothing is overwritten. */
  put(object: NewObject, signal?: AbortSignal): Promise<void>;
  /** `null` when there is no such object. */
  head(key: string, signal?: AbortSignal): Promise<ObjectHead | null>;
  /** Opens an object at a byte position, to its end or for as many bytes. @throws {BackupError} `vault_object_missing`. */
  get(key: string, from: number, signal?: AbortSignal, bytes?: number): Promise<OpenObject>;
  /** Deletes one object; one that is not there counts as deleted. */
  delete(key: string, signal?: AbortSignal): Promise<void>;
  /** Deletes up to {@link DELETE_BATCH} objects. @returns those that were refused */
  deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<RefusedDeletion[]>;
  /** One page of the objects under a prefix, in key order. */
  list(prefix: string, from: string | null, signal?: AbortSignal): Promise<ListPage>;
  createUpload(key: string, origin: Origin, signal?: AbortSignal): Promise<UploadName>;
  /** @returns the part's ETag, which is used by {@link completeUpload} only */
  uploadPart(upload: UploadName, part: Part, signal?: AbortSignal): Promise<string>;
  /**
   * Creates the object unless the key exists: R2 documents the condition, its simulator ignores it. Parts of unequal size are
   * refused. @throws {BackupError} `vault_object_exists`, `vault_error`, `vault_object_missing`
   */
  completeUpload(upload: UploadName, etags: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Discards the parts. @throws {BackupError} `vault_object_missing` when there is no such upload. */
  abortUpload(upload: UploadName, signal?: AbortSignal): Promise<void>;
  /** Uploads under a prefix that were neither completed nor aborted; `null` from a store that does not list them. */
  listUploads(prefix: string, signal?: AbortSignal): Promise<UnfinishedUpload[] | null>;
  /** Lifecycle rules in force that delete objects. */
  erasingRules(signal?: AbortSignal): Promise<ErasingRule[]>;
  /** The store's own time. */
  clock(signal?: AbortSignal): Promise<Date>;
}
