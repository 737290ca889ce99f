/** Whether what was restored is what the manifest says. */
import { isProving, type Manifest } from "@backup/vault/manifest.ts";
import type { DrillCheck } from "@backup/vault/receipt.ts";
import { readMigrationHead } from "../backup/snapshot.ts";
import {
  countRows,
  describeDifferences,
  readFingerprint,
  readServerFacts,
  type TableRows,
} from "../postgres/database_facts.ts";
import type { PsqlSession } from "../postgres/psql.ts";
import { rowDifferences, sequenceDifferences, withoutMajorDifferences } from "../restore/verify.ts";
import { type Aspects, splitAspects } from "./aspects.ts";
import {
  type Answer,
  asOwner,
  type CheckGroup,
  fail,
  NO_PROOFS,
  NO_ROWS,
  ownersCheck,
  pass,
  passUnless,
  type Restored,
  skipped,
} from "./check.ts";

/** Schemas whose rows do not make a database of an ERP: accounts, files' names, the migrations' list. */
const SURROUNDING_SCHEMAS = ["auth", "storage", "supabase_migrations"];

/** The manifest of a backup that has proofs and carries rows, or why there is none. */
function rowsManifest({ manifest }: Restored): Manifest | string {
  if (!manifest || !isProving(manifest)) return NO_PROOFS;
  return manifest.mode === "full" ? manifest : NO_ROWS;
}

export const rowChecks: CheckGroup = {
  names: ["not_empty", "rows_per_table"],
  ask: (restored) =>
    asOwner(restored, async (session) => {
      const found = await countRows(session);
      return new Map<DrillCheck, Answer>([
        ["not_empty", notEmpty(restored, found)],
        ["rows_per_table", rowsPerTable(restored, found)],
      ]);
    }),
};

function notEmpty({ manifest }: Restored, found: readonly TableRows[]): Answer {
  if (manifest?.mode === "schema-only") return skipped(NO_ROWS);
  const own = found.filter(({ schema }) => !SURROUNDING_SCHEMAS.includes(schema));
  const rows = own.reduce((sum, table) => sum + table.rows, 0);
  const detail = `${own.length} tables of the project with ${rows} rows`;
  return rows > 0 ? pass(detail) : fail(detail);
}

function rowsPerTable(restored: Restored, found: readonly TableRows[]): Answer {
  const manifest = rowsManifest(restored);
  if (typeof manifest === "string") return skipped(manifest);
  if (notEmpty(restored, found).verdict === "FAIL") return skipped("the backup is empty");
  const rows = found.reduce((sum, table) => sum + table.rows, 0);
  return passUnless(
    rowDifferences(manifest.rows, found),
    `${found.length} tables, ${rows} rows, each as the manifest says`,
  );
}

export const sequenceCheck = ownersCheck("sequence_values", async (session, restored) => {
  const manifest = rowsManifest(restored);
  if (typeof manifest === "string") return skipped(manifest);
  const count = Object.keys(manifest.sequences).length;
  return passUnless(
    await sequenceDifferences(session, manifest.sequences),
    `${count} sequences, each as the manifest says`,
  );
});

export const fingerprintChecks: CheckGroup = {
  names: ["schema_and_privileges", "row_security", "materialized_views"],
  ask: async (restored) => {
    const { manifest, fingerprintLines } = restored;
    if (!manifest || !isProving(manifest) || !fingerprintLines) {
      return new Map(fingerprintChecks.names.map((name) => [name, skipped(NO_PROOFS)]));
    }
    return await asOwner(restored, async (session) => {
      const { lines } = await readFingerprint(session, manifest.mode);
      const isComparable = await isSameMajor(session, manifest);
      const comparable = (all: readonly string[]) =>
        splitAspects(isComparable ? all : withoutMajorDifferences(all).lines);
      return compareAspects(comparable(fingerprintLines), comparable(lines), manifest);
    });
  },
};

async function isSameMajor(session: PsqlSession, manifest: Manifest): Promise<boolean> {
  const { versionNumber } = await readServerFacts(session);
  return Math.floor(versionNumber / 10_000) === Number.parseInt(manifest.server_version);
}

function compareAspects(expected: Aspects, found: Aspects, { mode }: Manifest): Map<DrillCheck, Answer> {
  const compare = (aspect: keyof Aspects, detail: string) =>
    passUnless(describeDifferences(expected[aspect], found[aspect]), detail);
  const policies = found.security.length - found.schema.filter(isRelation).length;
  return new Map<DrillCheck, Answer>([
    [
      "schema_and_privileges",
      compare("schema", `${found.schema.length} objects, each with its owner and privileges`),
    ],
    ["row_security", compare("security", `${policies} policies, and row level security where it was`)],
    ["materialized_views", viewsAnswer(compare("views", `${found.views.length} filled`), found, mode)],
  ]);
}

function viewsAnswer(answer: Answer, { views }: Aspects, mode: Manifest["mode"]): Answer {
  if (mode === "schema-only") return skipped(NO_ROWS);
  return answer.verdict === "PASS" && views.length === 0 ? skipped("the backup has none") : answer;
}

function isRelation(line: string): boolean {
  return /^\["(?:[^"\\]|\\.)*","relation",/.test(line);
}

export const migrationCheck = ownersCheck("migration_head", async (session, { manifest }) => {
  if (!manifest || !isProving(manifest) || manifest.migration_head === undefined) return skipped(NO_PROOFS);
  if (manifest.migration_head === null) return skipped("the database keeps no list of migrations");
  if (manifest.mode === "schema-only") return skipped(NO_ROWS);
  const found = await readMigrationHead(session);
  const sentence = `the newest migration is ${found}, the manifest says ${manifest.migration_head}`;
  return passUnless(
    found === manifest.migration_head ? [] : [sentence],
    `${found}, as the manifest says`,
  );
});
