/**
 * The vault: Cloudflare R2 through its S3 API. No object is ever overwritten (`If-None-Match: *`), and an
 * upload is believed only when the vault's own ETag equals the one computed here from what was sent.
 * Source for the ETag of a multipart object, MD5 of the parts' MD5s: Cloudflare's R2 docs; the checksum and
 * 100-continue settings are needed by R2 and its local simulator.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { BackupError } from "../../supabase/functions/_shared/backup/errors.ts";
import { fillParts } from "./parts.ts";

export interface VaultOptions {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface StoredObject {
  key: string;
  bytes: number;
  etag: string;
}

export interface Upload extends StoredObject {
  sha256: string;
}

export interface UploadOptions {
  /** Bytes of every part but the last: R2 refuses unequal parts and more than 10,000. */
  partSize: number;
  onProgress?: (bytes: number) => void;
}

const MIB = 1024 * 1024;
const MAX_PARTS = 10_000;
const MIN_PART = 16 * MIB;
const MAX_PART = 5 * 1024 * MIB;
const PARALLEL_PARTS = 3;

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
      requestHandler: { requestTimeout: 120_000, connectionTimeout: 15_000 },
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
    const created = await this.#send(
      key,
      () => this.#s3.send(new CreateMultipartUploadCommand({ Bucket: this.bucket, Key: key })),
    );
    const uploadId = created.UploadId;
    if (!uploadId) throw new BackupError("vault_error", `Cannot upload ${key}: the vault gave no upload id`);
    try {
      const sent = await this.#sendParts(key, uploadId, source, options);
      await this.#complete(key, uploadId, sent);
      return { key, bytes: sent.bytes, etag: sent.etag, sha256: sent.sha256 };
    } catch (error) {
      await this.#abandon(key, uploadId);
      throw error;
    }
  }

  async #sendParts(key: string, uploadId: string, source: AsyncIterable<Uint8Array>, options: UploadOptions) {
    const whole = createHash("sha256");
    const ofParts = createHash("md5");
    const etags: string[] = [];
    const inFlight = new Set<Promise<void>>();
    let failure: unknown = null;
    let bytes = 0;
    let sent = 0;
    let number = 0;
    for await (const part of fillParts(source, options.partSize, (chunk) => whole.update(chunk))) {
      const md5 = createHash("md5").update(part).digest();
      ofParts.update(md5);
      bytes += part.length;
      const n = ++number;
      const sending = this.#sendPart(key, uploadId, n, part, md5).then((etag) => {
        etags[n - 1] = etag;
        sent += part.length;
        options.onProgress?.(sent);
      }).catch((error) => void (failure ??= error)).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      if (inFlight.size >= PARALLEL_PARTS) await Promise.race(inFlight);
      if (failure !== null) break;
    }
    await Promise.all(inFlight);
    if (failure !== null) throw failure;
    return { etags, bytes, sha256: whole.digest("hex"), etag: `"${ofParts.digest("hex")}-${number}"` };
  }

  async #sendPart(key: string, uploadId: string, number: number, body: Uint8Array, md5: Uint8Array) {
    const ContentMD5 = Buffer.from(md5).toString("base64");
    const part = {
      Bucket: this.bucket,
      Key: key,
      UploadId: uploadId,
      PartNumber: number,
      ContentMD5,
      Body: body,
    };
    const answer = await this.#send(key, () => this.#s3.send(new UploadPartCommand(part)), "upload_failed");
    return answer.ETag ?? "";
  }

  async #complete(key: string, uploadId: string, sent: { etags: string[]; bytes: number; etag: string }) {
    const Parts = sent.etags.map((ETag, i) => ({ ETag, PartNumber: i + 1 }));
    const command = new CompleteMultipartUploadCommand({
      Bucket: this.bucket,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts },
      IfNoneMatch: "*",
    });
    const error = await this.#send(key, () => this.#s3.send(command), "upload_failed").then(
      () => null,
      (e) => e,
    );
    // A lost answer looks like a failure: what counts is what the vault holds.
    const stored = await this.head(key);
    if (stored?.etag === sent.etag && stored.bytes === sent.bytes) return;
    if (error) throw error;
    if (stored) await this.delete(key);
    throw new BackupError(
      "upload_mismatch",
      `Cannot confirm ${key}: sent ${sent.bytes} bytes ${sent.etag}, ` +
        `the vault holds ${stored ? `${stored.bytes} bytes ${stored.etag}` : "nothing"}`,
    );
  }

  async #abandon(key: string, uploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId });
    // R2 itself drops unfinished uploads after seven days; the first error is the one worth telling.
    await this.#s3.send(command).catch(() => {});
  }

  /** Stores a small object under a new key. @throws {BackupError} `vault_object_exists` when it is taken. */
  async put(key: string, body: Uint8Array | string, contentType: string): Promise<void> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: bytes,
      ContentLength: bytes.length,
      ContentMD5: createHash("md5").update(bytes).digest("base64"),
      ContentType: contentType,
      IfNoneMatch: "*",
    });
    await this.#send(key, () => this.#s3.send(command));
  }

  /** Size and ETag of an object, `null` when there is none. */
  async head(key: string): Promise<StoredObject | null> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.bucket, Key: key });
      const answer = await this.#send(key, () => this.#s3.send(command));
      return { key, bytes: answer.ContentLength ?? 0, etag: answer.ETag ?? "" };
    } catch (error) {
      if (error instanceof BackupError && error.code === "vault_object_missing") return null;
      throw error;
    }
  }

  /** An object's bytes, from `from` on. @throws {BackupError} `vault_object_missing` when there is none. */
  async *download(key: string, from = 0): AsyncGenerator<Uint8Array> {
    const Range = from > 0 ? `bytes=${from}-` : undefined;
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: key, Range });
    const answer = await this.#send(key, () => this.#s3.send(command));
    if (!answer.Body) return;
    try {
      yield* answer.Body as AsyncIterable<Uint8Array>;
    } catch (cause) {
      throw new BackupError(
        "vault_unreachable",
        `Cannot read ${key} to its end: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  /** A small object as text. */
  async text(key: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.download(key)) chunks.push(chunk);
    return new TextDecoder().decode(Buffer.concat(chunks));
  }

  async delete(key: string): Promise<void> {
    await this.#send(key, () => this.#s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key })));
  }

  /** All objects under a prefix, in key order, page by page. */
  async *list(prefix: string): AsyncGenerator<StoredObject> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: prefix,
        ContinuationToken: token,
      });
      const page = await this.#send(prefix, () => this.#s3.send(command));
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key, bytes: Size ?? 0, etag: ETag ?? "" };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async #send<T>(key: string, call: () => Promise<T>, otherwise?: "upload_failed"): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      throw explain(key, cause, otherwise);
    }
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

function explain(key: string, cause: unknown, otherwise?: "upload_failed"): BackupError {
  const error = cause as { name?: string; message?: string; $metadata?: { httpStatusCode?: number } };
  const status = error.$metadata?.httpStatusCode;
  const said = `${error.name ?? "error"}: ${error.message ?? "no message"}`;
  if (status === 412) {
    return new BackupError("vault_object_exists", `Cannot write ${key}: it exists already`, { cause });
  }
  if (status === 401 || status === 403) {
    return new BackupError(
      "vault_auth_failed",
      `Cannot reach ${key}: the vault refused the credential (${said})`,
      {
        cause,
        hint: "Check R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY and the token's right to read and write objects.",
      },
    );
  }
  if (status === 404) {
    return new BackupError("vault_object_missing", `Cannot find ${key} in the vault`, { cause });
  }
  if (otherwise) return new BackupError(otherwise, `Cannot upload ${key}: ${said}`, { cause });
  return status === undefined
    ? new BackupError("vault_unreachable", `Cannot reach the vault for ${key}: ${said}`, { cause })
    : new BackupError("vault_error", `Cannot use ${key}: the vault answered ${status} ${said}`, { cause });
}
