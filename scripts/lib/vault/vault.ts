/**
 * The vault: Cloudflare R2 through its S3 API. No object is ever overwritten (`If-None-Match: *`), and an
 * upload is believed only when the vault's own ETag equals the one computed here from what was sent.
 * Source for the ETag of a multipart object, MD5 of the parts' MD5s: Cloudflare's R2 docs; the checksum and
 * 100-continue settings are needed by R2 and its local simulator.
 */
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { BackupError } from "@backup/errors.ts";
import { MultipartUpload, type UploadOptions } from "./multipart_upload.ts";
import { downloadObject } from "./download.ts";
import {
  abandonUpload,
  deleteMany,
  listUnfinishedUploads,
  type RefusedDeletion,
  type UnfinishedUpload,
} from "./cleaning.ts";
import { callVault } from "./errors.ts";
import { type ErasingRule, readErasingRules } from "./lifecycle.ts";

export interface VaultOptions {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** How long a connection may bring nothing before it counts as broken, in milliseconds. Default: a minute. */
  silenceMs?: number;
}

export interface StoredObject {
  key: string;
  bytes: number;
  etag: string;
}

/** As a listing tells it. */
export interface ListedObject extends StoredObject {
  modifiedAt: Date;
}

export interface Upload extends StoredObject {
  sha256: string;
}

const SILENCE_MS = 60_000;
const MIB = 1024 * 1024;
const MAX_PARTS = 10_000;
const MIN_PART = 8 * MIB;
const MAX_PART = 5 * 1024 * MIB;

/** A part size with which an object of `expectedBytes`, or twice that, fits in R2's 10,000 parts. */
export function choosePartSize(expectedBytes: number): number {
  const wanted = Math.ceil((2 * expectedBytes) / MAX_PARTS / MIB) * MIB;
  return Math.min(Math.max(wanted, MIN_PART), MAX_PART);
}

export class Vault {
  readonly bucket: string;
  readonly #s3: S3Client;

  constructor(options: VaultOptions) {
    this.bucket = options.bucket;
    this.#s3 = new S3Client({
      region: "auto",
      endpoint: options.endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
      maxAttempts: 5,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: { socketTimeout: options.silenceMs ?? SILENCE_MS, connectionTimeout: 15_000 },
      // The simulator never sends "100 Continue"; the SDK would wait six seconds for it with every body.
      ...{ expectContinueHeader: false },
    });
    leavePayloadUnsigned(this.#s3);
  }

  /**
   * Uploads a stream of unknown length in equal parts while it is hashed; confirmed by size and ETag.
   * @throws {BackupError} `upload_failed`, `upload_mismatch`, `vault_object_exists`; nothing is left then.
   */
  async upload(key: string, source: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<Upload> {
    const upload = await MultipartUpload.begin(this.#s3, this.bucket, key);
    try {
      const sent = await upload.send(source, options);
      const error = await upload.complete(sent).then(() => null, (thrown: unknown) => thrown);
      // A lost answer looks like a failure: what counts is what the vault holds.
      const stored = await this.head(key);
      if (stored?.etag === sent.etag && stored.bytes === sent.bytes) {
        return { ...stored, sha256: sent.sha256 };
      }
      if (error !== null) throw error;
      if (stored) await this.delete(key);
      throw new BackupError(
        "upload_mismatch",
        `Cannot confirm ${key}: sent ${sent.bytes} bytes ${sent.etag}, ` +
          `the vault holds ${stored ? `${stored.bytes} bytes ${stored.etag}` : "nothing"}`,
      );
    } catch (error) {
      await upload.abandon();
      throw error;
    }
  }

  /**
   * Stores a small object under a new key. One that has the same bytes already counts as stored: to the attempt after
   * a lost answer the name looks taken. @throws {BackupError} `vault_object_exists` when it holds something else.
   */
  async put(key: string, body: Uint8Array | string, contentType: string): Promise<void> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const md5 = createHash("md5").update(bytes).digest();
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: bytes,
      ContentLength: bytes.length,
      ContentMD5: md5.toString("base64"),
      ContentType: contentType,
      IfNoneMatch: "*",
    });
    try {
      await callVault(key, () => this.#s3.send(command));
    } catch (error) {
      const isTaken = error instanceof BackupError && error.code === "vault_object_exists";
      if (!isTaken || (await this.head(key))?.etag !== `"${md5.toString("hex")}"`) throw error;
    }
  }

  /** Size and ETag of an object, `null` when there is none. */
  async head(key: string): Promise<StoredObject | null> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.bucket, Key: key });
      const answer = await callVault(key, () => this.#s3.send(command));
      return { key, bytes: answer.ContentLength ?? 0, etag: answer.ETag ?? "" };
    } catch (error) {
      if (error instanceof BackupError && error.code === "vault_object_missing") return null;
      throw error;
    }
  }

  /**
   * An object's bytes; after a connection that broke or fell silent, from where it broke.
   * @throws {BackupError} `vault_object_missing` when there is none, `vault_unreachable` after five connections in a
   * row that brought nothing; the signal's reason.
   */
  download(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    return downloadObject(this.#s3, { Bucket: this.bucket, Key: key }, signal);
  }

  /** Size and SHA-256 of an object, read to its end. */
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

  /** A small object's bytes. */
  async bytes(key: string): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.download(key)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** A small object as text. */
  async text(key: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(key));
  }

  async delete(key: string): Promise<void> {
    await callVault(key, () => this.#s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key })));
  }

  /**
   * Deletes objects, a thousand a call; one that is not there counts as deleted.
   * @returns the keys that the vault refused to delete, for example under a bucket lock, with its words
   */
  async deleteMany(keys: readonly string[]): Promise<RefusedDeletion[]> {
    return await deleteMany(this.#s3, this.bucket, keys);
  }

  /**
   * Uploads under a prefix that were begun and neither completed nor given up; `null` from a vault that does not tell
   * (the simulator of R2 does not).
   */
  async unfinishedUploads(prefix: string): Promise<UnfinishedUpload[] | null> {
    return await listUnfinishedUploads(this.#s3, this.bucket, prefix);
  }

  /** The bucket's lifecycle rules in force that delete objects. @throws {BackupError} `vault_*` */
  async erasingRules(): Promise<ErasingRule[]> {
    return await readErasingRules(this.#s3, this.bucket);
  }

  /** Gives up an unfinished upload: its parts are gone. */
  async abandonUpload({ key, uploadId }: UnfinishedUpload): Promise<void> {
    await abandonUpload(this.#s3, this.bucket, key, uploadId);
  }

  /** All objects under a prefix, in key order, page by page. */
  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: prefix,
        ContinuationToken: token,
      });
      const page = await callVault(prefix, () => this.#s3.send(command));
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
        if (Key === undefined) continue;
        yield { key: Key, bytes: Size ?? 0, etag: ETag ?? "", modifiedAt: LastModified ?? new Date() };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}

/** The body is already covered by Content-MD5 and TLS: hashing it once more for the signature costs a core. */
function leavePayloadUnsigned(s3: S3Client): void {
  s3.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      if (request.body instanceof Uint8Array) request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", name: "leavePayloadUnsigned" },
  );
}
