/** Whether the newest migration of the restored database is the manifest's. */
import { isProving } from "@backup/vault/manifest.ts";
import { readMigrationHead } from "../backup/snapshot.ts";
import { NO_PROOFS, NO_ROWS, passUnless, skipped } from "./check.ts";
import { ownerCheck } from "./transactions.ts";

export const migrationCheck = ownerCheck("migration_head", async (session, { manifest }) => {
  if (!manifest || !isProving(manifest) || manifest.migration_head === undefined) return skipped(NO_PROOFS);
  if (manifest.migration_head === null) return skipped("the database keeps no list of migrations");
  if (manifest.mode === "schema-only") return skipped(NO_ROWS);
  const found = await readMigrationHead(session);
  const difference = `the newest migration is ${found}, the manifest says ${manifest.migration_head}`;
  return passUnless(
    found === manifest.migration_head ? [] : [difference],
    `${found}, as the manifest says`,
  );
});
