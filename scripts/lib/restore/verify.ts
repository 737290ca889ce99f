/** The checks inside the transaction: it is committed only if the restored content equals the manifest. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { Manifest } from "@backup/vault/manifest.ts";
import type { Mode } from "@backup/target.ts";
import {
  countRows,
  type Fingerprint,
  fingerprintOf,
  type KnownRows,
  parseFingerprintLine,
  queryFingerprint,
  readMajor,
  sqlFile,
  type TableRows,
} from "../postgres/database_facts.ts";
import { describeDifferences } from "../postgres/fingerprint_differences.ts";
import type { SqlSession } from "../postgres/sql_session.ts";

/** The expected content. A fact that the backup does not hold is `null` and not checked. */
export interface Expectation {
  mode: Mode;
  /** Major version of the server that was backed up. */
  sourceMajor: number | null;
  rows: Record<string, number> | null;
  sequences: Manifest["sequences"] | null;
  platformSequences: Record<string, string>;
  /** Hash per area. */
  fingerprint: Record<string, string> | null;
  /** The fingerprint's text, to name differences. */
  fingerprintLines: readonly string[] | null;
  /** Whether a line of the fingerprint is about what a drill left out, in whole or in part. */
  isOmitted: (line: string) => boolean;
  /** Areas that are not compared, with the reason. */
  ignoredAreas: Readonly<Record<string, string>>;
  /** What comes back otherwise than it was, each as a sentence: owners, foreign keys. */
  takenOver: readonly string[];
}

/** What was checked before COMMIT; `null`: not checked, unknown to the backup. */
export interface Verified {
  tables: number;
  rows: number;
  sequences: number | null;
  areas: number | null;
  notChecked: string[];
}

/** What happens with differences from the backup. */
export type OnDifference = (what: VerifiedPart, differences: readonly string[]) => void;

/**
 * @param differ what to do with differences; by default the first part that has any ends the restore
 * @param counted of the same transaction
 */
export async function verifyContent(
  session: SqlSession,
  expected: Expectation,
  differ: OnDifference = requireNone,
  counted: readonly KnownRows[] = [],
): Promise<Verified> {
  const found = await countRows(session, counted);
  const notChecked = [...Object.values(expected.ignoredAreas), ...expected.takenOver];
  if (expected.rows) differ("rows", rowDifferences(expected.rows, found));
  else notChecked.push("rows per table: the manifest has none");
  if (expected.sequences) {
    differ("sequences", await sequenceDifferences(session, expected.sequences));
  } else notChecked.push("sequences: the manifest has none");
  if (expected.fingerprint) notChecked.push(...await compareFingerprint(session, expected, differ));
  else notChecked.push("schema and privileges: the manifest has no fingerprint");
  return {
    tables: found.length,
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    sequences: expected.sequences && Object.keys(expected.sequences).length,
    areas: expected.fingerprint && Object.keys(expected.fingerprint).length,
    notChecked,
  };
}

/** Tables whose rows are not as many as expected, each as a sentence. */
export function rowDifferences(expected: Record<string, number>, found: readonly TableRows[]): string[] {
  const counted = Object.fromEntries(found.map(({ key, rows }) => [key, rows]));
  // versions of the platform differ in tables: an empty one that one side lacks is no difference
  const isEmptyOfPlatform = (key: string) =>
    /^(?:auth|storage)\./.test(key) && (expected[key] ?? 0) === 0 && (counted[key] ?? 0) === 0;
  const compared = (rows: Record<string, number>) =>
    Object.fromEntries(Object.entries(rows).filter(([key]) => !isEmptyOfPlatform(key)));
  return difference(
    compared(expected),
    compared(counted),
    (table, a, b) => `${table} has ${b ?? "no table"}, expected ${a ?? "no table"}`,
  );
}

/** Sequences with another value than expected, each as a sentence. */
export async function sequenceDifferences(
  session: SqlSession,
  expected: Manifest["sequences"],
): Promise<string[]> {
  const rows = z.array(z.tuple([z.string(), z.string(), z.boolean()]));
  const found = rows.parse(await session.rows(await sqlFile("sequences.sql")))
    .map(([name, value, called]) => [name, `${value}/${called}`] as const);
  const wanted = Object.entries(expected).map(([name, v]) =>
    [name, `${v.last_value}/${v.is_called}`] as const
  );
  return difference(
    Object.fromEntries(wanted),
    Object.fromEntries(found),
    (name, a, b) => `${name} is ${b}, expected ${a}`,
  );
}

/** @returns what of the fingerprint could not be compared. */
async function compareFingerprint(
  session: SqlSession,
  expected: Expectation,
  differ: OnDifference,
): Promise<string[]> {
  const all = await queryFingerprint(session, expected.mode);
  const found = fingerprintOf(all.filter((line) => !expected.isOmitted(line)));
  const major = await readMajor(session);
  const { sourceMajor, fingerprint, fingerprintLines: lines } = expected;
  if (sourceMajor === null || sourceMajor === major || !lines) {
    compareAreas({ areas: fingerprint ?? {}, lines }, found, expected.ignoredAreas, differ);
    return [];
  }
  compareAreas(
    withoutMajorDifferences(lines),
    withoutMajorDifferences(found.lines),
    expected.ignoredAreas,
    differ,
  );
  return [`view texts, identity of partitions: they differ between PostgreSQL ${sourceMajor} and ${major}`];
}

const record = z.record(z.string(), z.unknown());

/**
 * What depends on the server's major version: from 16 on PostgreSQL prints a column of a view's only table without
 * the table, from 17 on partitions have the identity columns of their parent.
 */
export function withoutMajorDifferences(lines: readonly string[]): Fingerprint {
  return fingerprintOf(lines.map((line) => {
    const [area, kind, name, all] = parseFingerprintLine(line);
    const facts = record.parse(all);
    if (kind === "relation") return JSON.stringify([area, kind, name, { ...facts, view: null }]);
    const isOfPartition = kind === "column" && facts.inherited !== null;
    return isOfPartition ? JSON.stringify([area, kind, name, { ...facts, identity: null }]) : line;
  }));
}

function compareAreas(
  expected: { areas: Record<string, string>; lines: readonly string[] | null },
  found: Fingerprint,
  ignored: Expectation["ignoredAreas"],
  differ: OnDifference,
): void {
  const compared = (areas: Record<string, string>) =>
    Object.fromEntries(Object.entries(areas).filter(([area]) => !(area in ignored)));
  const areas = difference(compared(expected.areas), compared(found.areas), (area) => area);
  if (areas.length === 0) return;
  const { lines } = expected;
  if (!lines) return differ("schema and privileges", areas.map((area) => `in ${area}`));
  const isCompared = (line: string) => !Object.keys(ignored).some((area) => startsWithArea(line, area));
  differ(
    "schema and privileges",
    describeDifferences(lines.filter(isCompared), found.lines.filter(isCompared)),
  );
}

function startsWithArea(line: string, area: string): boolean {
  return line.startsWith(`[${JSON.stringify(area)},`);
}

function difference<T>(
  expected: Record<string, T>,
  found: Record<string, T>,
  describe: (key: string, a: T | undefined, b: T | undefined) => string,
): string[] {
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return keys.filter((key) => expected[key] !== found[key]).map((key) =>
    describe(key, expected[key], found[key])
  );
}

/** The part of the content that differs. */
export type VerifiedPart = "rows" | "sequences" | "schema and privileges";

function requireNone(what: VerifiedPart, differences: readonly string[]): void {
  if (differences.length === 0) return;
  const shown = differences.slice(0, 10).join("; ");
  throw new BackupError("verification_failed", `The restored ${what} differ from the backup: ${shown}`, {
    details: { what, differences: differences.slice(0, 50) },
  });
}
