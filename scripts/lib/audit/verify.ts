/**
 * Verifies the audit. The database checks its own hash chain; a chain that was rewritten as a whole or truncated at its
 * end is found only by the comparison with the vault's copies.
 */
import { z } from "zod";
import { type AuditBreak, ChainCheck } from "@backup/audit.ts";
import { BackupError } from "@backup/errors.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { literal } from "../postgres/sql_text.ts";
import type { Vault } from "../vault/vault.ts";
import { type AuditCopy, readCopies } from "./copies.ts";

export interface AuditVerdict {
  ok: boolean;
  /** Records in the database, and of how many of them the vault has a copy. */
  records: number;
  copies: number;
  /** The first record found wrong, and where. */
  broken_at: AuditBreak & { where: "database" | "vault" | "between" } | null;
}

const ownVerdictSchema = z.object({
  records: z.number(),
  broken_at: z.object({ chain_id: z.string(), seq: z.number(), why: z.string() }).nullable(),
});

/** Reads the whole audit, in the database and in the vault, a copy at a time. */
export async function verifyAudit(vault: Vault, catalog: Catalog): Promise<AuditVerdict> {
  const [answer] = await catalog.rows(
    `select json_build_object('records', (select count(*) from public.ops_db_backup_audit),
                              'broken_at', public.ops_db_backup_audit_break(false));`,
  );
  const own = ownVerdictSchema.parse(answer);
  const { copies, broken, between } = await readAllCopies(vault, catalog);
  const broken_at = (own.broken_at && { ...own.broken_at, where: "database" as const }) ??
    (broken && { ...broken, where: "vault" as const }) ??
    (between && { ...between, where: "between" as const });
  return { ok: broken_at === null, records: own.records, copies, broken_at };
}

/** @throws {BackupError} `audit_broken`, naming the record. */
export function requireSoundAudit({ broken_at }: AuditVerdict): void {
  if (broken_at === null) return;
  const { chain_id, seq, why, where } = broken_at;
  throw new BackupError("audit_broken", `Audit record ${seq} of chain ${chain_id} (${where}): ${why}`, {
    hint: "APPLY=yes brings back what the database lost. What was changed stays: ask who could change it.",
    details: { ...broken_at },
  });
}

/** A chain as far as it was read. */
interface ReadChain {
  check: ChainCheck;
  /** Hashes of its records. The records themselves are not kept: their total size is not bounded. */
  hashes: string[];
}

async function readAllCopies(vault: Vault, catalog: Catalog) {
  const chains = new Map<string, ReadChain>();
  const found = { copies: 0, broken: null as AuditBreak | null, between: null as AuditBreak | null };
  for await (const copy of readCopies(vault)) {
    const chain = chains.get(copy.chainId) ?? { check: new ChainCheck(copy.chainId), hashes: [] };
    chains.set(copy.chainId, chain);
    found.broken ??= copy.broken ?? differenceOf(copy, chain.hashes);
    // after a recovery some records may have been copied twice, in objects that overlap
    const lines = copy.lines.slice(Math.max(0, chain.hashes.length + 1 - copy.first));
    for (const line of lines) {
      await chain.check.add(line);
      chain.hashes.push(line.hash);
    }
    found.copies += lines.length;
    found.broken ??= chain.check.broken;
    if (found.broken === null) found.between ??= await breakBetween(copy, catalog);
  }
  return found;
}

/** The first record of which an earlier object holds another copy. */
function differenceOf(copy: AuditCopy, hashes: readonly string[]): AuditBreak | null {
  const index = copy.lines.findIndex((line, index) => {
    const before = hashes[copy.first - 1 + index];
    return before !== undefined && before !== line.hash;
  });
  return index < 0
    ? null
    : { chain_id: copy.chainId, seq: copy.first + index, why: "two copies of it differ" };
}

/** The first copied record that the database lacks or holds with another hash. */
async function breakBetween(
  { chainId, first, last, lines }: AuditCopy,
  catalog: Catalog,
): Promise<AuditBreak | null> {
  const rows = await catalog.rows(
    `select json_build_array(seq, hash) from public.ops_db_backup_audit
      where chain_id = ${literal(chainId)} and seq between ${first} and ${last};`,
  );
  const kept = new Map(z.array(z.tuple([z.number(), z.string()])).parse(rows));
  const index = lines.findIndex(({ hash }, index) => kept.get(first + index) !== hash);
  if (index < 0) return null;
  const why = kept.has(first + index)
    ? "the database says something else than the vault"
    : "the database has lost it";
  return { chain_id: chainId, seq: first + index, why };
}
