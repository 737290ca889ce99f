/** The reverse patch of a take, in the vault: with it the take is undone. docs/storage-format.md specifies its two objects. */
import { pipeline, Readable } from "node:stream";
import { createGunzip, createGzip } from "node:zlib";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { type Target, targetSchema } from "@backup/target.ts";
import { reversePatchKeys, reversePatchTarget, toUtcSecond } from "@backup/vault/object_key.ts";
import { signatureSchema } from "@backup/vault/signature.ts";
import { decrypt, encrypt } from "../process/age.ts";
import { newOrigin } from "../vault/origin.ts";
import { requireTrusted } from "../vault/trust.ts";
import { choosePartSize, type Vault } from "../vault/vault.ts";
import { linesOfBytes } from "./lines.ts";
import {
  type Change,
  newHeader,
  parseChange,
  parseHeader,
  PatchHash,
  type PatchHeader,
  reversed,
} from "./patch.ts";
import type { Counts } from "./patch_table.ts";
import { patchLines } from "./review_file.ts";

const KIND = "revo_take_reverse";
const count = z.number().int().nonnegative();

export const reverseRecordSchema = z.object({
  kind: z.literal(KIND),
  version: z.literal(1),
  target: targetSchema,
  taken_at_utc: z.string(),
  requested_by: z.string(),
  request_id: z.string(),
  /** The backup, or the reverse patch, that the rows came from. */
  source: z.string(),
  /** Of the patch that was applied. */
  applied_sha256: z.string(),
  /** Key of the reverse patch, and the hash of its lines. */
  patch: z.object({ key: z.string(), sha256: z.string() }),
  /** Of the reverse patch. */
  tables: z.record(z.string(), z.object({ created: count, changed: count, deleted: count })),
  signature: signatureSchema.optional(),
});
export type ReverseRecord = z.infer<typeof reverseRecordSchema>;

export interface ReverseOrder {
  header: PatchHeader;
  /** Of the patch that is applied. */
  hash: string;
  counts: Counts;
  changes: AsyncIterable<Change>;
  takenAt: Date;
  requestedBy: string;
  requestId: string;
}

/** Stores it; encrypted to the recipients of new backups, where there are some. @returns the key of its record */
export async function storeReverse(
  vault: Vault,
  order: ReverseOrder,
): Promise<{ record: string; patch: string }> {
  const { header, hash, counts, takenAt } = order;
  const { recipients } = vault.encryption;
  const keys = reversePatchKeys({ target: header.target, takenAt, hash, encrypted: recipients.length > 0 });
  const own = new PatchHash();
  const reverse = newHeader({ target: header.target, source: keys.record, tables: header.tables });
  const bytes = compressed(patchLines(reverse, reversedAll(order.changes), own));
  const origin = newOrigin(order.requestId);
  await vault.upload(keys.patch, recipients.length > 0 ? encrypt(bytes, recipients) : bytes, {
    partSize: choosePartSize(0),
    origin,
  });
  const record: ReverseRecord = {
    kind: KIND,
    version: 1,
    target: header.target,
    taken_at_utc: toUtcSecond(takenAt),
    requested_by: order.requestedBy,
    request_id: order.requestId,
    source: header.source,
    applied_sha256: hash,
    patch: { key: keys.patch, sha256: own.hex() },
    tables: Object.fromEntries(
      Object.entries(counts).map(([table, { created, changed, deleted }]) =>
        [table, { created: deleted, changed, deleted: created }] as const
      ),
    ),
  };
  const { signer } = vault;
  const signed = signer === null ? record : await signer.signJson(keys.record, record);
  await vault.put(keys.record, JSON.stringify(signed, null, 2) + "\n", "application/json", origin);
  return keys;
}

/** Deletes what a take stored that was rolled back. */
export async function discardReverse(
  vault: Vault,
  { record, patch }: { record: string; patch: string },
): Promise<void> {
  for (const key of [record, patch]) await vault.forCleanup().delete(key);
}

async function* reversedAll(changes: AsyncIterable<Change>): AsyncGenerator<Change> {
  for await (const change of changes) yield reversed(change);
}

async function* compressed(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const text = async function* () {
    for await (const line of lines) yield line + "\n";
  };
  yield* pipeline(Readable.from(text()), createGzip({ level: 1 }), () => {});
}

export interface StoredReverse {
  header: PatchHeader;
  /** @throws {BackupError} `archive_corrupt` after the last one, when it is not the patch of the record */
  changes(): AsyncGenerator<Change>;
}

/**
 * Reads a reverse patch.
 * @param key of its record
 * @param allowed the key of a record that may be used although no key of this installation signed it
 * @throws {BackupError} `invalid_r2_key`, `vault_object_missing`, `backup_unsigned`, `manifest_invalid`, `identity_missing`
 */
export async function readReverse(
  vault: Vault,
  { key, target, allowed }: { key: string; target: Target; allowed: string | null },
): Promise<StoredReverse> {
  if (reversePatchTarget(key) === null || !key.endsWith(".json")) {
    throw new BackupError("invalid_r2_key", `Cannot undo ${key}: it is no key of a reverse patch`, {
      hint: "It is printed by the take that is to be undone: revo/<target>/YYYY/MM/DD/take_….json",
    });
  }
  const content: unknown = JSON.parse(await vault.text(key));
  const trust = await vault.trusted.judgeJson(key, content);
  if (trust.state === "forged") {
    throw new BackupError(
      "manifest_invalid",
      `Cannot use ${key}: its signature by ${trust.keyId} is not of this record`,
    );
  }
  requireTrusted(vault, key, trust, allowed);
  const record = reverseRecordSchema.parse(content);
  if (record.target !== target) {
    throw new BackupError("invalid_payload", `Cannot undo ${key} in ${target}: it is of ${record.target}`);
  }
  const lines = () => linesOf(vault, record);
  for await (const line of lines()) {
    return {
      header: parseHeader(line),
      changes: () => checked(record, lines()),
    };
  }
  throw corrupt(record);
}

async function* checked(record: ReverseRecord, lines: AsyncIterable<string>): AsyncGenerator<Change> {
  const hash = new PatchHash();
  let isHeader = true;
  for await (const line of lines) {
    hash.add(line);
    if (!isHeader) yield parseChange(line);
    isHeader = false;
  }
  if (hash.hex() !== record.patch.sha256) throw corrupt(record);
}

async function* linesOf(vault: Vault, { patch: { key } }: ReverseRecord): AsyncGenerator<string> {
  const stored = vault.download(key);
  const { identities } = vault.encryption;
  if (key.endsWith(".age") && identities.length === 0) {
    throw new BackupError(
      "identity_missing",
      `Cannot read ${key}: it is encrypted, and there is no key to open it`,
      {
        hint:
          "Set BACKUP_AGE_IDENTITY to a secret key of one of its recipients: docs/runbooks/encryption.md.",
      },
    );
  }
  const input = pipeline(
    Readable.from(key.endsWith(".age") ? decrypt(stored, identities) : stored),
    createGunzip(),
    () => {},
  );
  yield* linesOfBytes(input);
}

function corrupt({ patch: { key } }: ReverseRecord): BackupError {
  return new BackupError("archive_corrupt", `Cannot use ${key}: it is not the patch that its record names`);
}
