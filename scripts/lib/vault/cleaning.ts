/** What takes things out of the vault: deletions in batches, and uploads that nobody finished. */
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { toBackupError } from "@backup/errors.ts";
import { callVault } from "./errors.ts";

/** Most keys that one DeleteObjects takes: S3's API, and R2's. */
export const DELETE_BATCH = 1000;

export interface RefusedDeletion {
  key: string;
  /** The vault's own words, its error code first. */
  reason: string;
}

export interface UnfinishedUpload {
  key: string;
  uploadId: string;
  begunAt: Date;
}

/** {@link Vault.deleteMany} */
export async function deleteMany(
  s3: S3Client,
  bucket: string,
  keys: readonly string[],
): Promise<RefusedDeletion[]> {
  const refused: RefusedDeletion[] = [];
  for (let from = 0; from < keys.length; from += DELETE_BATCH) {
    const batch = keys.slice(from, from + DELETE_BATCH);
    const Delete = { Objects: batch.map((Key) => ({ Key })), Quiet: true };
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete });
    const { Errors = [] } = await callVault(batch[0] ?? "", () => s3.send(command));
    for (const { Key = "", Code = "refused", Message = "" } of Errors) {
      refused.push({ key: Key, reason: Message === "" ? Code : `${Code}: ${Message}` });
    }
  }
  return refused;
}

/** {@link Vault.unfinishedUploads} */
export async function listUnfinishedUploads(
  s3: S3Client,
  bucket: string,
  prefix: string,
): Promise<UnfinishedUpload[] | null> {
  const uploads: UnfinishedUpload[] = [];
  let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...after });
    const page = await callVault(prefix, () => s3.send(command)).catch(nothingIfNotImplemented);
    if (page === null) return null;
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      // without its time nobody knows that it is old
      uploads.push({ key: Key, uploadId: UploadId, begunAt: Initiated ?? new Date() });
    }
    if (page.IsTruncated !== true) return uploads;
    after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

function nothingIfNotImplemented(error: unknown): null {
  const { cause } = toBackupError(error);
  if (cause instanceof Error && cause.name === "NotImplemented") return null;
  throw error;
}

/** {@link Vault.abandonUpload} */
export async function abandonUpload(s3: S3Client, bucket: string, key: string, uploadId: string) {
  const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
  await callVault(key, () => s3.send(command));
}
