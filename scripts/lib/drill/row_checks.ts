/** Whether the restored rows and sequences are those of the manifest. */
import { isProving, type Manifest } from "@backup/vault/manifest.ts";
import { restoredRows } from "@backup/vault/platform.ts";
import type { DrillCheck } from "@backup/vault/receipt.ts";
import { countRows, type TableRows } from "../postgres/database_facts.ts";
import { rowDifferences, sequenceDifferences } from "../restore/verify.ts";
import {
  type CheckGroup,
  type CheckOutcome,
  type DrillDatabase,
  fail,
  NO_PROOFS,
  NO_ROWS,
  pass,
  passUnless,
  skipped,
} from "./check.ts";
import { asOwner, ownerCheck } from "./transactions.ts";

/** Schemas whose rows are not the ERP's own: accounts, names of files, the list of migrations. */
const PLATFORM_ROW_SCHEMAS = ["auth", "storage", "supabase_migrations"];

/** @returns the manifest of a backup with proofs and rows, else the reason to skip the check */
function rowsManifest({ manifest }: DrillDatabase): Manifest | string {
  if (!manifest || !isProving(manifest)) return NO_PROOFS;
  return manifest.mode === "full" ? manifest : NO_ROWS;
}

export const rowChecks: CheckGroup = {
  names: ["not_empty", "rows_per_table"],
  run: (database) =>
    asOwner(database, async (session) => {
      const found = await countRows(session);
      return new Map<DrillCheck, CheckOutcome>([
        ["not_empty", notEmpty(database, found)],
        ["rows_per_table", rowsPerTable(database, found)],
      ]);
    }),
};

function notEmpty(database: DrillDatabase, found: readonly TableRows[]): CheckOutcome {
  if (database.manifest?.mode === "schema-only") return skipped(NO_ROWS);
  const own = found.filter(({ schema }) => !PLATFORM_ROW_SCHEMAS.includes(schema));
  const rows = own.reduce((sum, table) => sum + table.rows, 0);
  const detail = `${own.length} tables of the project with ${rows} rows`;
  if (rows > 0) return pass(detail);
  return database.isOmitted === undefined ? fail(detail) : skipped("this server can hold no table with rows");
}

function rowsPerTable(database: DrillDatabase, found: readonly TableRows[]): CheckOutcome {
  const manifest = rowsManifest(database);
  if (typeof manifest === "string") return skipped(manifest);
  if (notEmpty(database, found).verdict !== "PASS") return skipped("no table of the project has a row");
  const rows = found.reduce((sum, table) => sum + table.rows, 0);
  return passUnless(
    rowDifferences(restoredRows(manifest.rows), found),
    `${found.length} tables, ${rows} rows, each as the manifest says`,
  );
}

export const sequenceCheck = ownerCheck("sequence_values", async (session, database) => {
  const manifest = rowsManifest(database);
  if (typeof manifest === "string") return skipped(manifest);
  const count = Object.keys(manifest.sequences).length;
  return passUnless(
    await sequenceDifferences(session, manifest.sequences),
    `${count} sequences, each as the manifest says`,
  );
});
