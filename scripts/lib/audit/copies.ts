/** Reads the audit's copies from the vault. */
import {
  AUDIT_ROOT,
  type AuditBreak,
  type AuditLine,
  type AuditRange,
  judgeAuditCopy,
  parseAuditKey,
  parseAuditLines,
} from "@backup/audit.ts";
import type { Vault } from "../vault/vault.ts";

/** Objects that are read in parallel: they are small, so latency dominates. */
const PARALLEL_READS = 8;

export interface AuditCopy extends AuditRange {
  lines: AuditLine[];
  /** Whether a key of this installation signed it: its records and all before them are what a job of ours copied. */
  isSigned: boolean;
  /** Why the object could not be read, or is forged; `null` when neither. */
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
  const broken = (why: string) => ({
    ...range,
    lines: [],
    isSigned: false,
    broken: { chain_id: range.chainId, seq: range.first, why },
  });
  try {
    const { state, keyId } = await judgeAuditCopy(key, text, vault.trusted);
    if (state === "forged") return broken(`${key} has a signature by ${keyId} that is not of it`);
    return { ...range, lines: parseAuditLines(text), isSigned: state === "signed", broken: null };
  } catch (thrown) {
    return broken(`${key} holds something else than records: ${(thrown as Error).message}`);
  }
}
