/**
 * Enters into the catalog what the vault holds and the catalog does not know.
 *
 *     deno task reconcile
 */
import process from "node:process";
import { Catalog } from "./lib/catalog.ts";
import { findPsql } from "./lib/client_tools.ts";
import { connectionOf, readEnvironment, reconcileEnvironment, vaultOf } from "./lib/environment.ts";
import { runMain } from "./lib/main.ts";
import { adoptMissing } from "./lib/reconcile.ts";

await runMain(async () => {
  const env = readEnvironment(reconcileEnvironment, process.env);
  const catalog = new Catalog({
    psql: findPsql(),
    connection: connectionOf("prod", process.env),
  });
  const print = (line: string) => void process.stdout.write(line + "\n");
  const found = await adoptMissing(vaultOf(env), catalog, { phase: print, bytes: () => {}, log: print });
  await catalog.close();
  print(
    `${found.adopted.length} entered, ${found.withoutManifest.length} without manifest, ${found.unusable.length} unusable`,
  );
  for (const key of found.withoutManifest) print(`without manifest: ${key}`);
  for (const { key, reason } of found.unusable) print(`unusable: ${key}: ${reason}`);
});
