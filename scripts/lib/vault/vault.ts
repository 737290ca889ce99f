/**
 * The vault: objects that are written once, confirmed, and never overwritten. An upload is confirmed only when the
 * vault's ETag equals the one computed here from what was sent. Transient failures are retried and reported.
 */
import type { Signer, TrustedKeys } from "@backup/vault/signature.ts";
import type { Encryption } from "./encryption.ts";
import { END_LIMITS } from "../run/interruption.ts";
import type { ErasingRule } from "./lifecycle.ts";
import type {
  ListedObject,
  ObjectHead,
  Origin,
  RefusedDeletion,
  StoredObject,
  UnfinishedUpload,
  UploadName,
} from "./object_store.ts";

export type { ListedObject, ObjectHead, Origin, RefusedDeletion, StoredObject, UnfinishedUpload };

export interface Upload extends StoredObject {
  sha256: string;
}

export interface UploadOptions {
  /** Bytes of every part but the last: R2 refuses unequal parts and more than 10,000. */
  partSize: number;
  onProgress?: (bytes: number) => void;
  /** @default a writer of its own, without a run */
  origin?: Origin;
}

/** What a manifest, a fingerprint, an index, a receipt or a copy of the audit has at most. */
export const SMALL_OBJECT_BYTES = 64 * 2 ** 20;

export interface Vault {
  readonly bucket: string;

  /** The keys whose signatures count. */
  readonly trusted: TrustedKeys;

  /** To whom new archives are encrypted, and the keys that open those of the vault. */
  readonly encryption: Encryption;

  /** Signs what is written; `null` without a key. */
  readonly signer: Signer | null;

  /**
   * Uploads a stream of unknown length in equal parts while it is hashed; confirmed by size, ETag and writer. Reading
   * begins at once, beside the first request.
   * @throws {BackupError} `upload_failed`, `upload_mismatch`, `vault_object_exists`; nothing of it is stored then.
   */
  upload(key: string, source: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<Upload>;

  /**
   * Stores a small object under a new key. When no answer arrived, an object of this writer and these bytes counts.
   * @throws {BackupError} `vault_object_exists` when another writer made it, whatever its bytes.
   */
  put(key: string, body: Uint8Array | string, contentType: string, origin?: Origin): Promise<void>;

  /** `null` when there is no such object. */
  head(key: string): Promise<ObjectHead | null>;

  /**
   * An object's bytes; after a connection that broke, stalled or was too slow, reading resumes where it ended.
   * @throws {BackupError} `vault_object_missing`, `vault_unreachable`, `archive_corrupt` when it was replaced between
   * two connections; the signal's reason.
   */
  download(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array>;

  /** Size and SHA-256 of an object, read to its end. */
  hash(
    key: string,
    options?: { onBytes?: (done: number) => void; signal?: AbortSignal },
  ): Promise<{ bytes: number; sha256: string }>;

  /**
   * A small object's bytes.
   * @param limit bytes at most. @default SMALL_OBJECT_BYTES
   * @throws {BackupError} `archive_rejected` when it has more.
   */
  bytes(key: string, limit?: number): Promise<Buffer>;

  /**
   * As many bytes of an object from a position on; fewer where it ends before.
   * @param bytes more than 0
   */
  range(key: string, from: number, bytes: number): Promise<Buffer>;

  /** A small object as text. */
  text(key: string): Promise<string>;

  delete(key: string): Promise<void>;

  /**
   * Deletes objects, a thousand a request; one that is not there counts as deleted.
   * @returns the keys that the vault refused to delete, for example under a bucket lock, with its reason
   */
  deleteMany(keys: readonly string[]): Promise<RefusedDeletion[]>;

  /** All objects under a prefix, in key order, page by page. */
  list(prefix: string): AsyncGenerator<ListedObject>;

  /** Uploads under a prefix that were begun and not ended; `null` from a vault that does not list them. */
  unfinishedUploads(prefix: string): Promise<UnfinishedUpload[] | null>;

  /** Discards an unfinished upload with its parts. */
  abandonUpload(upload: UploadName): Promise<void>;

  /** The bucket's lifecycle rules in force that delete objects. @throws {BackupError} `vault_*` */
  erasingRules(): Promise<ErasingRule[]>;

  /** The vault's own time. An object's age is a difference of two times of the vault. */
  clock(): Promise<Date>;

  /** The same vault for rollback: its calls may go on for {@link CLEANUP_MS} after the signal. */
  forCleanup(): Vault;
}

/** How long a rollback's calls may take after a signal, in milliseconds: less than the run waits for the rollback. */
export const CLEANUP_MS = END_LIMITS.rollback - 1_000;

const MIB = 1024 * 1024;
const MAX_PARTS = 10_000;
const MIN_PART = 5 * MIB;
const MAX_PART = 5 * 1024 * MIB;

/** A part size with which an object of `expectedBytes`, or twice that, fits in R2's 10,000 parts. */
export function choosePartSize(expectedBytes: number): number {
  const wanted = Math.ceil((2 * expectedBytes) / MAX_PARTS / MIB) * MIB;
  return Math.min(Math.max(wanted, MIN_PART), MAX_PART);
}
