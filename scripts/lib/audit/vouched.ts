/** Which records of the audit's copies a signature vouches for: those of a signed copy, and all that its hashes lead back to. */
import { type AuditLine, isUnchanged } from "@backup/audit.ts";
import type { Vault } from "../vault/vault.ts";
import { type AuditCopy, readCopies } from "./copies.ts";

/** A copy without its lines, and the hashes at which others join it. */
interface Link extends Pick<AuditCopy, "chainId" | "first" | "last" | "isSigned"> {
  /** Of the record before its first. */
  before: string;
  /** Of each of its records. */
  hashes: string[];
}

/**
 * The last record of each copy that is vouched for, by {@link copyName}. Copies are unsigned where a job without the key
 * wrote them; a record after the newest signed copy of its chain is vouched for by none.
 */
export async function vouchedRecords(
  vault: Vault,
  wanted: Parameters<typeof readCopies>[1],
): Promise<ReadonlyMap<string, number>> {
  const chains = new Map<string, Link[]>();
  for await (const copy of readCopies(vault, wanted)) {
    const link = await linkOf(copy);
    if (link !== null) chains.set(copy.chainId, [...chains.get(copy.chainId) ?? [], link]);
  }
  const vouched = new Map<string, number>();
  for (const links of chains.values()) followBack(links, vouched);
  return vouched;
}

export function copyName({ chainId, first, last }: Pick<AuditCopy, "chainId" | "first" | "last">): string {
  return `${chainId}/${first}-${last}`;
}

/** `null` for a copy whose records do not follow each other, or are not as many as its key says. */
async function linkOf({ chainId, first, last, isSigned, lines }: AuditCopy): Promise<Link | null> {
  const [head] = lines;
  if (head === undefined || lines.length !== last - first + 1) return null;
  let before = head.prev_hash;
  for (const line of lines) {
    if (line.prev_hash !== before || !await isUnchanged(line)) return null;
    before = line.hash;
  }
  const hashes = lines.map(({ hash }: AuditLine) => hash);
  return { chainId, first, last, isSigned, before: head.prev_hash, hashes };
}

function followBack(links: readonly Link[], vouched: Map<string, number>): void {
  const waiting = links.filter(({ isSigned }) => isSigned);
  for (const link of waiting) vouched.set(copyName(link), link.last);
  for (let link = waiting.pop(); link !== undefined; link = waiting.pop()) {
    const { first, before } = link;
    for (const other of links) {
      const name = copyName(other);
      const isJoined = other.hashes[first - 1 - other.first] === before;
      if (!isJoined || (vouched.get(name) ?? 0) >= first - 1) continue;
      vouched.set(name, first - 1);
      waiting.push(other);
    }
  }
}
