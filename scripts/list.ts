/**
 * Lists the backups, newest first: those of the catalog, or those of the vault.
 *
 *     deno task list                                   # the catalog's; the vault's where no catalog is set
 *     TARGET=prod LIMIT=10 FROM_VAULT=yes deno task list
 *
 * Changes nothing. Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { Catalog } from "./lib/catalog/catalog.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { listEnvironment } from "./lib/list/environment.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { listCatalog } from "./lib/list/list_catalog.ts";
import { listVault } from "./lib/list/list_vault.ts";
import { listText } from "./lib/list/listed_backup.ts";
import { runInterruptible } from "./lib/run/main.ts";

await runInterruptible(async (output) => {
  const { TARGET: target = null, ...env } = readEnvironment(listEnvironment, ownEnvironment());
  const fromVault = env.FROM_VAULT || env.SUPABASE_DB_URL_PROD === undefined;
  const list = await (fromVault ? listVault(vaultOf(env), target, env.LIMIT) : fromCatalog());
  output.setResult(list);
  output.print(listText(list));

  async function fromCatalog() {
    const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
    try {
      return await listCatalog(catalog, env.R2_BUCKET, target, env.LIMIT);
    } finally {
      await catalog.close();
    }
  }
});
