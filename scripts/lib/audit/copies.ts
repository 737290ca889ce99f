/** Reads the audit's copies from the vault. */
import {
  AUDIT_ROOT,
  type AuditBreak,
  type AuditLine,
  type AuditRange,
  parseAuditKey,
  parseAuditLines,
} from "@backup/audit.ts";
import type { Vault } from "../vault/vault.ts";

/** Objects that are read in parallel: they are small, so latency dominates. */
const PARALLEL_READS = 8;

export interface AuditCopy extends AuditRange {
  lines: AuditLine[];
  /** Why the object could not be read; `null` when it was. */
  broken: AuditBreak | null;
}

/** The copies whose range satisfies `wanted`, by chain, in the order of their records. */
export async function* readCopies(
  vault: Vault,
  wanted: (range: AuditRange) => boolean = () => true,
): AsyncGenerator<AuditCopy> {
  let batch: Promise<AuditCopy>[] = [];
  for await (const { key } of vault.list(`${AUDIT_ROOT}/`)) {
    const range = parseAuditKey(key);
    if (range === null || !wanted(range)) continue;
    batch.push(readCopy(vault, key, range));
    if (batch.length < PARALLEL_READS) continue;
    yield* await Promise.all(batch);
    batch = [];
  }
  yield* await Promise.all(batch);
}

async function readCopy(vault: Vault, key: string, range: AuditRange): Promise<AuditCopy> {
  const text = await vault.text(key);
  try {
    return { ...range, lines: parseAuditLines(text), broken: null };
  } catch (thrown) {
    const why = `${key} holds something else than records: ${(thrown as Error).message}`;
    return { ...range, lines: [], broken: { chain_id: range.chainId, seq: range.first, why } };
  }
}
