/** Whether objects, privileges and row security of the restored database are those of the fingerprint. */
import { isProving, type Manifest } from "@backup/vault/manifest.ts";
import type { DrillCheck } from "@backup/vault/receipt.ts";
import { readFingerprint, readMajor, readOwnRoles, readServerFacts } from "../postgres/database_facts.ts";
import { describeDifferences, withReachableOwners } from "../postgres/fingerprint_differences.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { withoutMajorDifferences } from "../restore/verify.ts";
import { type CheckGroup, type CheckOutcome, NO_PROOFS, NO_ROWS, passUnless, skipped } from "./check.ts";
import { type FingerprintParts, splitFingerprint } from "./fingerprint_parts.ts";
import { asOwner } from "./transactions.ts";

export const fingerprintChecks: CheckGroup = {
  names: ["schema_and_privileges", "row_security", "materialized_views"],
  run: async (database) => {
    const { manifest, fingerprintLines, isOmitted = () => false } = database;
    if (!manifest || !isProving(manifest) || !fingerprintLines) {
      return new Map(fingerprintChecks.names.map((name) => [name, skipped(NO_PROOFS)]));
    }
    return await asOwner(database, async (session) => {
      const found = await readFingerprint(session, manifest.mode);
      const lines = found.lines.filter((line) => !isOmitted(line));
      const isComparable = await isSameMajor(session, manifest);
      const comparable = (all: readonly string[]) =>
        splitFingerprint(isComparable ? all : withoutMajorDifferences(all).lines);
      const { user } = await readServerFacts(session);
      const owned = withReachableOwners(fingerprintLines, user, new Set(await readOwnRoles(session)));
      return compareParts(comparable(owned.lines), comparable(lines), manifest);
    });
  },
};

async function isSameMajor(session: SqlSession, manifest: Manifest): Promise<boolean> {
  return await readMajor(session) === Number.parseInt(manifest.server_version);
}

function compareParts(
  expected: FingerprintParts,
  found: FingerprintParts,
  { mode }: Manifest,
): Map<DrillCheck, CheckOutcome> {
  const compare = (part: keyof FingerprintParts, detail: string) =>
    passUnless(describeDifferences(expected[part], found[part]), detail);
  const policies = found.security.length - found.schema.filter(isRelation).length;
  return new Map<DrillCheck, CheckOutcome>([
    [
      "schema_and_privileges",
      compare("schema", `${found.schema.length} objects, each with its owner and privileges`),
    ],
    ["row_security", compare("security", `${policies} policies, and row level security where it was`)],
    ["materialized_views", viewsOutcome(compare("views", `${found.views.length} filled`), found, mode)],
  ]);
}

function viewsOutcome(
  outcome: CheckOutcome,
  { views }: FingerprintParts,
  mode: Manifest["mode"],
): CheckOutcome {
  if (mode === "schema-only") return skipped(NO_ROWS);
  return outcome.verdict === "PASS" && views.length === 0 ? skipped("the backup has none") : outcome;
}

function isRelation(line: string): boolean {
  return /^\["(?:[^"\\]|\\.)*","relation",/.test(line);
}
