/** The index of an archive in the vault, and the members that it names. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { BackupError } from "@backup/errors.ts";
import { type ArchiveIndex, type ArchiveMember, parseIndex } from "@backup/vault/archive_index.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { Vault } from "./vault.ts";

/**
 * The index that a manifest names; `null` where it names none, or where it is not in the vault: a backup that was downloaded and
 * uploaded again has lost it, and nothing else.
 * @throws {BackupError} `archive_corrupt` when it is not the one that the manifest names, or not of its archive
 */
export async function readStoredIndex(
  vault: Vault,
  key: string,
  manifest: AnyManifest | null,
): Promise<ArchiveIndex | null> {
  if (manifest === null || !isProving(manifest) || manifest.index_sha256 === undefined) return null;
  const { index: indexKey } = siblingKeys(key);
  if (await vault.head(indexKey) === null) return null;
  const index = await parseIndex(Uint8Array.from(await vault.bytes(indexKey)), manifest.index_sha256);
  const bytes = index.members.reduce((sum, member) => sum + member.bytes, 0);
  if (bytes === manifest.bytes) return index;
  throw new BackupError(
    "archive_corrupt",
    `Cannot use ${indexKey}: its members have ${bytes} bytes, the archive ${manifest.bytes}`,
  );
}

/** Members of an archive that are read with one request at most. */
const AT_ONCE_BYTES = 16 * 2 ** 20;

/**
 * Members of an archive, uncompressed, in their order; those that follow each other are read together.
 * @param wanted their numbers, ascending
 * @throws {BackupError} `archive_corrupt` when one is not the index's
 */
export async function* readMembers(
  vault: Vault,
  key: string,
  { members }: ArchiveIndex,
  wanted: readonly number[],
): AsyncGenerator<{ number: number; content: Buffer }> {
  for (const run of runsOf(members, wanted)) {
    const stored = await vault.range(key, run.from, run.bytes);
    let at = 0;
    for (const number of run.numbers) {
      const member = memberOf(members, number);
      yield { number, content: uncompressed(key, number, member, stored.subarray(at, at + member.bytes)) };
      at += member.bytes;
    }
  }
}

interface Run {
  numbers: number[];
  from: number;
  bytes: number;
}

function runsOf(members: readonly ArchiveMember[], wanted: readonly number[]): Run[] {
  const isWanted = new Set(wanted);
  const runs: Run[] = [];
  let from = 0;
  for (const [number, { bytes }] of members.entries()) {
    const last = runs.at(-1);
    if (isWanted.has(number)) {
      if (last?.numbers.at(-1) === number - 1 && last.bytes + bytes <= AT_ONCE_BYTES) {
        last.numbers.push(number);
        last.bytes += bytes;
      } else runs.push({ numbers: [number], from, bytes });
    }
    from += bytes;
  }
  return runs;
}

function memberOf(members: readonly ArchiveMember[], number: number): ArchiveMember {
  const member = members[number];
  if (member !== undefined) return member;
  throw new BackupError("internal_server_error", `Cannot read member ${number}: the index has none`);
}

function uncompressed(key: string, number: number, member: ArchiveMember, stored: Buffer): Buffer {
  const found = createHash("sha256").update(stored).digest("hex");
  if (found === member.sha256) {
    const content = gunzipSync(stored, { maxOutputLength: Math.max(1, member.raw_bytes) });
    if (content.length === member.raw_bytes) return content;
  }
  throw new BackupError(
    "archive_corrupt",
    `Cannot use ${key}: member ${number} is another than its index says`,
  );
}

/** Hashes the members of an archive while all of it passes. */
export class MemberHashes {
  /** The first one that is not the index's; `null` when there is none. Known at the end of the archive. */
  different: number | null = null;
  /** Bytes from the beginning, in whole members that are the index's. */
  equalBytes = 0;

  constructor(private readonly members: readonly ArchiveMember[]) {}

  get count(): number {
    return this.members.length;
  }

  async *pass(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let hash = createHash("sha256");
    let number = 0;
    let left = this.members[0]?.bytes ?? 0;
    for await (const chunk of archive) {
      for (let at = 0; at < chunk.length && number < this.count;) {
        const piece = chunk.subarray(at, at + left);
        hash.update(piece);
        [at, left] = [at + piece.length, left - piece.length];
        if (left > 0) break;
        const member = this.members[number];
        if (hash.digest("hex") !== member?.sha256) this.different ??= number;
        else if (this.different === null) this.equalBytes += member.bytes;
        hash = createHash("sha256");
        left = this.members[++number]?.bytes ?? 0;
      }
      yield chunk;
    }
    if (number < this.count) this.different ??= number;
  }
}
