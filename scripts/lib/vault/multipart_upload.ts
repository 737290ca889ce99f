/**
 * One object sent in parts, several at a time, while it is hashed. Each part carries its MD5, which the vault checks;
 * the ETag that the whole must have in the end, MD5 over the parts' MD5s, is computed here.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { BackupError } from "@backup/errors.ts";
import { fillParts } from "./parts.ts";
import { callVault } from "./errors.ts";

export interface UploadOptions {
  /** Bytes of every part but the last: R2 refuses unequal parts and more than 10,000. */
  partSize: number;
  onProgress?: (bytes: number) => void;
}

export interface SentParts {
  /** Of the parts, in order. */
  etags: string[];
  bytes: number;
  sha256: string;
  /** What the vault must say of the whole. */
  etag: string;
}

const PARALLEL_PARTS = 3;

export class MultipartUpload {
  private constructor(
    private readonly s3: S3Client,
    private readonly name: { Bucket: string; Key: string; UploadId: string },
  ) {}

  static async begin(s3: S3Client, bucket: string, key: string): Promise<MultipartUpload> {
    const command = new CreateMultipartUploadCommand({ Bucket: bucket, Key: key });
    const { UploadId } = await callVault(key, () => s3.send(command));
    if (!UploadId) throw new BackupError("vault_error", `Cannot upload ${key}: the vault gave no upload id`);
    return new MultipartUpload(s3, { Bucket: bucket, Key: key, UploadId });
  }

  /** Sends a stream of unknown length. @throws {BackupError} `upload_failed`, and what the stream throws. */
  async send(source: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<SentParts> {
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
      const sending = this.#sendPart(n, part, md5).then((etag) => {
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

  /** Makes the object of its parts, unless the name is taken. */
  async complete({ etags }: SentParts): Promise<void> {
    const Parts = etags.map((ETag, i) => ({ ETag, PartNumber: i + 1 }));
    const command = new CompleteMultipartUploadCommand({
      ...this.name,
      MultipartUpload: { Parts },
      IfNoneMatch: "*",
    });
    await callVault(this.name.Key, () => this.s3.send(command), "upload_failed");
  }

  /** Gives it up. R2 drops unfinished uploads after seven days anyway: a failure here is not worth telling. */
  async abandon(): Promise<void> {
    await this.s3.send(new AbortMultipartUploadCommand(this.name)).catch(() => {});
  }

  async #sendPart(number: number, body: Uint8Array, md5: Uint8Array): Promise<string> {
    const ContentMD5 = Buffer.from(md5).toString("base64");
    const command = new UploadPartCommand({ ...this.name, PartNumber: number, ContentMD5, Body: body });
    const { ETag } = await callVault(this.name.Key, () => this.s3.send(command), "upload_failed");
    return ETag ?? "";
  }
}
