/**
 * Whether the audit is what it was. The database can check its own chain; that whoever owns it did not write a whole
 * chain anew, or cut off its end, only the vault's copies tell.
 */
import { z } from "zod";
import {
  type AuditBreak,
  type AuditLine,
  checkChain,
  parseAuditRecord,
} from "../../../supabase/functions/_shared/backup/audit.ts";
import { BackupError } from "../../../supabase/functions/_shared/backup/errors.ts";
import type { Catalog } from "../catalog.ts";
import type { Vault } from "../vault.ts";
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

/** Reads the whole audit, in the database and in the vault. */
export async function verifyAudit(vault: Vault, catalog: Catalog): Promise<AuditVerdict> {
  const [answer] = await catalog.rows("select public.ops_db_backup_audit_verify();");
  const own = ownVerdictSchema.parse(answer);
  const { chains, broken } = await copiedChains(vault);
  const copies = [...chains.values()].reduce((sum, lines) => sum + lines.length, 0);
  const broken_at = (own.broken_at && { ...own.broken_at, where: "database" as const }) ??
    (broken && { ...broken, where: "vault" as const }) ??
    await breakBetween(chains, catalog);
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

/** The copies by chain, each record once, and the first that is wrong. */
async function copiedChains(vault: Vault) {
  const chains = new Map<string, AuditLine[]>();
  let broken: AuditBreak | null = null;
  for await (const copy of readCopies(vault)) {
    broken ??= copy.broken;
    const lines = chains.get(copy.chainId) ?? [];
    // after a recovery some records may have been copied twice, in objects that overlap
    const again = Math.max(0, lines.length + 1 - copy.first);
    broken ??= differenceOf(copy, lines);
    lines.push(...copy.lines.slice(again));
    chains.set(copy.chainId, lines);
  }
  for (const [chainId, lines] of chains) broken ??= await checkChain(chainId, lines);
  return { chains, broken };
}

/** The first record of which an earlier object holds another copy. */
function differenceOf(copy: AuditCopy, lines: readonly AuditLine[]): AuditBreak | null {
  const index = copy.lines.findIndex((line, index) => {
    const before = lines[copy.first - 1 + index];
    return before !== undefined && before.hash !== line.hash;
  });
  return index < 0
    ? null
    : { chain_id: copy.chainId, seq: copy.first + index, why: "two copies of it differ" };
}

/** The first copied record that the database lacks or tells otherwise. */
async function breakBetween(
  chains: ReadonlyMap<string, readonly AuditLine[]>,
  catalog: Catalog,
): Promise<AuditBreak & { where: "between" } | null> {
  const rows = await catalog.rows(
    "select json_build_array(chain_id, seq, hash) from public.ops_db_backup_audit;",
  );
  const kept = new Map(
    z.array(z.tuple([z.string(), z.number(), z.string()])).parse(rows).map(([chain, seq, hash]) =>
      [`${chain} ${seq}`, hash] as const
    ),
  );
  for (const line of [...chains.values()].flat()) {
    const { chain_id, seq } = parseAuditRecord(line);
    const hash = kept.get(`${chain_id} ${seq}`);
    if (hash === line.hash) continue;
    const why = hash === undefined
      ? "the database has lost it"
      : "the database says something else than the vault";
    return { chain_id, seq, why, where: "between" };
  }
  return null;
}
