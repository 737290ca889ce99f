/**
 * Cloudflare R2 through its S3 API. The checksum and 100-continue settings are needed by R2 and its local simulator.
 * The client makes one attempt; {@link RetryingStore} repeats.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { addAbortSignal, Readable } from "node:stream";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { explainFailure, unreachable } from "./errors.ts";
import { type ErasingRule, erasingRulesOf } from "./lifecycle.ts";
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
import { formatOrigin, parseOrigin } from "./origin.ts";
import { requestTime, requireSpeed } from "./speed.ts";

export interface R2Options {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Idle time after which a request counts as failed, in milliseconds. @default 60_000 */
  silenceMs?: number;
  /** Objects of one page of a listing. @default 1000, R2's most */
  pageSize?: number;
}

const SILENCE_MS = 60_000;

type Send<T> = (options: { abortSignal: AbortSignal }) => Promise<T>;

export class R2Store implements ObjectStore {
  readonly bucket: string;
  readonly #s3: S3Client;
  readonly #silenceMs: number;
  readonly #pageSize: number | undefined;
  /** The vault's time of its last answer, and ours then. */
  #time: { vault: number; here: number } | null = null;

  constructor(options: R2Options) {
    this.bucket = options.bucket;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    this.#pageSize = options.pageSize;
    this.#s3 = new S3Client({
      region: "auto",
      endpoint: options.endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
      maxAttempts: 1,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: { connectionTimeout: 15_000 },
      // The simulator never sends "100 Continue"; the SDK would wait six seconds for it with every body.
      ...{ expectContinueHeader: false },
    });
    leavePayloadUnsigned(this.#s3);
    readClock(this.#s3, (vault) => void (this.#time = { vault, here: Date.now() }));
  }

  async put({ key, body, md5, contentType, origin }: NewObject, signal?: AbortSignal): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#name(key),
      Body: body,
      ContentLength: body.length,
      ContentMD5: Buffer.from(md5).toString("base64"),
      ContentType: contentType,
      Metadata: formatOrigin(origin),
      IfNoneMatch: "*",
    });
    await this.#request(key, (options) => this.#s3.send(command, options), signal, body.length);
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectHead | null> {
    const command = new HeadObjectCommand(this.#name(key));
    try {
      const answer = await this.#request(key, (options) => this.#s3.send(command, options), signal);
      const readAt = this.#now();
      return {
        key,
        bytes: answer.ContentLength ?? 0,
        etag: answer.ETag ?? "",
        modifiedAt: answer.LastModified ?? readAt,
        readAt,
        origin: parseOrigin(answer.Metadata ?? {}),
      };
    } catch (error) {
      if (toBackupError(error).code === "vault_object_missing") return null;
      throw error;
    }
  }

  async get(key: string, from: number, signal?: AbortSignal, bytes?: number): Promise<OpenObject> {
    const last = bytes === undefined ? "" : from + bytes - 1;
    const Range = from === 0 && bytes === undefined ? undefined : `bytes=${from}-${last}`;
    const command = new GetObjectCommand({ ...this.#name(key), Range });
    const answer = await this.#request(key, (options) => this.#s3.send(command, options), signal);
    const body = answer.Body instanceof Readable ? answer.Body : Readable.from([]);
    if (signal) addAbortSignal(signal, body);
    return { body: this.#read(key, body, signal), bytes: answer.ContentLength ?? 0, etag: answer.ETag ?? "" };
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand(this.#name(key));
    await this.#request(key, (options) => this.#s3.send(command, options), signal);
  }

  async deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<RefusedDeletion[]> {
    if (keys.length === 0) return [];
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    const command = new DeleteObjectsCommand({ Bucket: this.bucket, Delete });
    const { Errors = [] } = await this.#request(
      keys[0] ?? "",
      (options) => this.#s3.send(command, options),
      signal,
    );
    return Errors.map(({ Key = "", Code = "refused", Message = "" }) => (
      { key: Key, reason: Message === "" ? Code : `${Code}: ${Message}` }
    ));
  }

  async list(prefix: string, from: string | null, signal?: AbortSignal): Promise<ListPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.bucket,
      Prefix: prefix,
      ContinuationToken: from ?? undefined,
      MaxKeys: this.#pageSize,
    });
    const page = await this.#request(prefix, (options) => this.#s3.send(command, options), signal);
    const objects = (page.Contents ?? []).flatMap(({ Key, Size, ETag, LastModified }) =>
      Key === undefined
        ? []
        : [{ key: Key, bytes: Size ?? 0, etag: ETag ?? "", modifiedAt: LastModified ?? this.#now() }]
    );
    return { objects, next: page.NextContinuationToken ?? null };
  }

  async createUpload(key: string, origin: Origin, signal?: AbortSignal): Promise<UploadName> {
    const command = new CreateMultipartUploadCommand({ ...this.#name(key), Metadata: formatOrigin(origin) });
    const { UploadId } = await this.#request(key, (options) => this.#s3.send(command, options), signal);
    if (!UploadId) throw new BackupError("vault_error", `Cannot upload ${key}: the vault gave no upload id`);
    return { key, uploadId: UploadId };
  }

  async uploadPart(upload: UploadName, part: Part, signal?: AbortSignal): Promise<string> {
    const command = new UploadPartCommand({
      ...this.#upload(upload),
      PartNumber: part.number,
      ContentMD5: Buffer.from(part.md5).toString("base64"),
      Body: part.body,
    });
    const send: Send<{ ETag?: string }> = (options) => this.#s3.send(command, options);
    return (await this.#request(upload.key, send, signal, part.body.length)).ETag ?? "";
  }

  async completeUpload(upload: UploadName, etags: readonly string[], signal?: AbortSignal): Promise<void> {
    const Parts = etags.map((ETag, i) => ({ ETag, PartNumber: i + 1 }));
    const command = new CompleteMultipartUploadCommand({
      ...this.#upload(upload),
      MultipartUpload: { Parts },
      IfNoneMatch: "*",
    });
    await this.#request(upload.key, (options) => this.#s3.send(command, options), signal);
  }

  async abortUpload(upload: UploadName, signal?: AbortSignal): Promise<void> {
    const command = new AbortMultipartUploadCommand(this.#upload(upload));
    await this.#request(upload.key, (options) => this.#s3.send(command, options), signal);
  }

  async listUploads(prefix: string, signal?: AbortSignal): Promise<UnfinishedUpload[] | null> {
    const uploads: UnfinishedUpload[] = [];
    let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
    for (;;) {
      const command = new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: prefix, ...after });
      const page = await this.#request(prefix, (options) => this.#s3.send(command, options), signal)
        .catch(nothingIfNotImplemented);
      if (page === null) return null;
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Key === undefined || UploadId === undefined) continue;
        // an upload without a start time counts as just begun
        uploads.push({ key: Key, uploadId: UploadId, begunAt: Initiated ?? this.#now() });
      }
      if (page.IsTruncated !== true) return uploads;
      after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  async erasingRules(signal?: AbortSignal): Promise<ErasingRule[]> {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: this.bucket });
    const what = "the bucket's lifecycle rules";
    try {
      return erasingRulesOf(await this.#request(what, (options) => this.#s3.send(command, options), signal));
    } catch (thrown) {
      if (toBackupError(thrown).code === "vault_object_missing") return []; // there is no configuration
      throw thrown;
    }
  }

  async clock(signal?: AbortSignal): Promise<Date> {
    const command = new ListObjectsV2Command({ Bucket: this.bucket, MaxKeys: 1 });
    await this.#request(this.bucket, (options) => this.#s3.send(command, options), signal);
    return this.#now();
  }

  #name(key: string) {
    return { Bucket: this.bucket, Key: key };
  }

  #upload({ key, uploadId }: UploadName) {
    return { ...this.#name(key), UploadId: uploadId };
  }

  /** The vault's time; ours while no answer of it named one. */
  #now(): Date {
    const here = Date.now();
    return new Date(this.#time === null ? here : this.#time.vault + here - this.#time.here);
  }

  /** @param bytes of the request's body, which needs time of its own */
  async #request<T>(key: string, send: Send<T>, signal?: AbortSignal, bytes = 0): Promise<T> {
    signal?.throwIfAborted();
    const limit = requestTime(bytes, this.#silenceMs);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), limit);
    try {
      const abortSignal = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
      return await send({ abortSignal });
    } catch (cause) {
      signal?.throwIfAborted();
      if (deadline.signal.aborted) throw unreachable(key, `no answer within ${Math.round(limit)} ms`, cause);
      throw explainFailure(key, cause);
    } finally {
      clearTimeout(timer);
    }
  }

  async *#read(key: string, body: Readable, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    body.on("error", () => {}); // the iteration throws it, if it is still reading
    try {
      yield* requireSpeed(body, this.#silenceMs);
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreachable(key, cause instanceof Error ? cause.message : String(cause), cause);
    } finally {
      body.destroy();
    }
  }
}

function nothingIfNotImplemented(error: unknown): null {
  if (toBackupError(error).details.name === "NotImplemented") return null;
  throw error;
}

/** The body is already covered by Content-MD5 and TLS: hashing it again for the signature would use a CPU core. */
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

/** Reads the time of every answer, from its `Date` header. */
function readClock(s3: S3Client, onTime: (ms: number) => void): void {
  s3.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      const time = Date.parse(headers?.date ?? "");
      if (!Number.isNaN(time)) onTime(time);
      return result;
    },
    { step: "deserialize", name: "readClock", priority: "low" },
  );
}
