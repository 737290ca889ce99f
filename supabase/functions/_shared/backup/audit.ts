/**
 * The audit: requests, refusals and the states of runs. Each record is a text, and its hash is over that text and
 * the hash before it: sha256(prev_hash + record). A chain begins with 64 zeros. The database writes it, the vault
 * holds copies of it, one record a line:
 *
 *     audit/<chain>/<first record>-<last record>.jsonl
 */
import { z } from "zod";
import { sha256Hex } from "./vault/canonical.ts";
import { signatureSchema, type Signer, type Trust, type TrustedKeys } from "./vault/signature.ts";

export const AUDIT_ROOT = "audit";
const FIRST_PREV_HASH = "0".repeat(64);

const hex = z.string().regex(/^[0-9a-f]{64}$/);

/** A record as stored and copied: the hashed text and the two hashes. */
export const auditLineSchema = z.object({ record: z.string(), prev_hash: hex, hash: hex });
export type AuditLine = z.infer<typeof auditLineSchema>;

/** The last line of a copy may carry a signature of all of the copy's lines. */
const copiedLineSchema = auditLineSchema.extend({ signature: signatureSchema.optional() });

/** The parsed text of a record. */
export const auditRecordSchema = z.object({
  chain_id: z.guid(),
  seq: z.number().int().positive(),
  at: z.string(),
  event: z.string(),
  actor: z.string().nullable(),
  actor_id: z.guid().nullable(),
  target: z.string().nullable(),
  request_id: z.guid().nullable(),
  r2_key: z.string().nullable(),
  code: z.string().nullable(),
  detail: z.unknown(),
});
export type AuditRecord = z.infer<typeof auditRecordSchema>;

/** The first record of a chain that was changed. */
export interface AuditBreak {
  chain_id: string;
  seq: number;
  why: string;
}

/** The records in one object of copies, from its key. */
export interface AuditRange {
  chainId: string;
  first: number;
  last: number;
}

const digits = (seq: number) => String(seq).padStart(12, "0");

/** @example auditKey({ chainId, first: 1, last: 40 }) // "audit/<chain>/000000000001-000000000040.jsonl" */
export function auditKey({ chainId, first, last }: AuditRange): string {
  return `${AUDIT_ROOT}/${chainId}/${digits(first)}-${digits(last)}.jsonl`;
}

const KEY = new RegExp(`^${AUDIT_ROOT}/([0-9a-f-]{36})/(\\d{12})-(\\d{12})\\.jsonl$`);

/** The records that a key names; `null` for another key. */
export function parseAuditKey(key: string): AuditRange | null {
  const [, chainId, first, last] = KEY.exec(key) ?? [];
  return chainId === undefined ? null : { chainId, first: Number(first), last: Number(last) };
}

export function formatAuditLines(lines: readonly AuditLine[]): string {
  return lines.map(({ record, prev_hash, hash }) => JSON.stringify({ record, prev_hash, hash }) + "\n").join(
    "",
  );
}

/** @throws {z.ZodError | SyntaxError} for a text that holds something else. */
export function parseAuditLines(text: string): AuditLine[] {
  return text.split("\n").filter((line) => line !== "").map((line) =>
    auditLineSchema.parse(JSON.parse(line))
  );
}

/**
 * A copy of records. The signature, on its last line, is over the key of the copy and its lines without it; through their
 * hashes it vouches for every earlier record of the chain.
 */
export async function formatAuditCopy(
  key: string,
  lines: readonly AuditLine[],
  signer: Signer | null,
): Promise<string> {
  const text = formatAuditLines(lines);
  const [last, ...before] = lines.toReversed();
  if (signer === null || last === undefined) return text;
  const { record, prev_hash, hash } = last;
  const signature = await signer.signText(key, text);
  return formatAuditLines(before.toReversed()) +
    JSON.stringify({ record, prev_hash, hash, signature }) + "\n";
}

/** Who vouches for a copy. @throws {z.ZodError | SyntaxError} for a text that holds something else. */
export async function judgeAuditCopy(key: string, text: string, trusted: TrustedKeys): Promise<Trust> {
  const last = text.split("\n").findLast((line) => line !== "");
  const signature = last === undefined ? null : copiedLineSchema.parse(JSON.parse(last)).signature;
  return await trusted.judgeText(key, formatAuditLines(parseAuditLines(text)), signature);
}

/** @throws {z.ZodError | SyntaxError} for a text that is no record. */
export function parseAuditRecord(line: AuditLine): AuditRecord {
  return auditRecordSchema.parse(JSON.parse(line.record));
}

/** Whether a line's hash is the hash of its text. */
export async function isUnchanged({ record, prev_hash, hash }: AuditLine): Promise<boolean> {
  return hash === await sha256Hex(prev_hash + record);
}

/** Checks one chain line by line, in constant memory, and keeps the first break. */
export class ChainCheck {
  readonly #chainId: string;
  #expected = { seq: 1, prev_hash: FIRST_PREV_HASH };
  #broken: AuditBreak | null = null;

  constructor(chainId: string) {
    this.#chainId = chainId;
  }

  /** The first line that was changed, does not follow the line before it, or has lines missing before it. */
  get broken(): AuditBreak | null {
    return this.#broken;
  }

  async add(line: AuditLine): Promise<void> {
    if (this.#broken !== null) return;
    const { seq } = this.#expected;
    const why = await whatIsWrong(line, this.#chainId, this.#expected);
    if (why !== null) this.#broken = { chain_id: this.#chainId, seq, why };
    this.#expected = { seq: seq + 1, prev_hash: line.hash };
  }
}

/** {@link ChainCheck} over complete lines. Lines that are missing at the end are not detected. */
export async function checkChain(chainId: string, lines: readonly AuditLine[]): Promise<AuditBreak | null> {
  const check = new ChainCheck(chainId);
  for (const line of lines) await check.add(line);
  return check.broken;
}

async function whatIsWrong(
  line: AuditLine,
  chainId: string,
  expected: { seq: number; prev_hash: string },
): Promise<string | null> {
  if (!(await isUnchanged(line))) return "its text was changed";
  const { chain_id, seq } = parseAuditRecord(line);
  if (chain_id !== chainId) return "it belongs to another chain";
  if (seq !== expected.seq) return `it is missing: ${seq} comes instead`;
  return line.prev_hash === expected.prev_hash ? null : "it does not follow the record before it";
}
