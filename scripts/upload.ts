/**
 * Puts a backup of this machine into the vault and enters it into the catalog.
 *
 *     FILE=backups/supabase_prod_20260115_031022.dump.gz deno task upload
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { Catalog } from "./lib/catalog/catalog.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { uploadEnvironment } from "./lib/backup/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { signedBy } from "./lib/vault/trust.ts";
import { runMain } from "./lib/run/main.ts";
import { reporterFor } from "./lib/run/tracked_run.ts";
import { uploadLocalBackup } from "./lib/backup/upload.ts";

await runMain(async (signal, output) => {
  const env = readEnvironment(uploadEnvironment, ownEnvironment());
  const vault = vaultOf(env, { signal });
  const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
  try {
    const reporter = reporterFor(catalog, ownEnvironment());
    const { key, manifest, trust } = await uploadLocalBackup(vault, env.FILE, reporter, signal);
    reporter.log(`in the vault: ${key}`);
    reporter.phase("catalog");
    const signed_by = signedBy(vault, trust);
    await catalog.record({
      r2_bucket: vault.bucket,
      r2_key: key,
      manifest,
      run_url: null,
      verified_at: null,
      signed_by,
    })
      .catch((error) => {
        throw new BackupError("catalog_write_failed", `${key} is in the vault, the catalog missed it`, {
          cause: toBackupError(error),
          hint: "Run reconcile when the catalog answers.",
        });
      });
    output.setResult({ r2_key: key });
    output.print(key);
  } finally {
    await catalog.close();
  }
});
