/**
 * Checks a backup of the vault against its manifest: reads all of it, restores nothing, writes nothing.
 *
 *     R2_KEY=revo/prod/2026/01/15/… deno task verify
 *     R2_KEY=newest TARGET=prod deno task verify
 *
 * That it restores is what a drill proves. Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { BackupError } from "@backup/errors.ts";
import { newestBackup } from "./lib/vault/newest_backup.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { verifyEnvironment } from "./lib/verify/environment.ts";
import { runInterruptible } from "./lib/run/main.ts";
import { progressOn } from "./lib/run/output.ts";
import { verifyStored } from "./lib/verify/verify_stored.ts";

const NEWEST = "newest";

await runInterruptible(async (output) => {
  const env = readEnvironment(verifyEnvironment, ownEnvironment());
  const vault = vaultOf(env);
  const key = env.R2_KEY === NEWEST ? await newestBackup(vault, env.TARGET) : env.R2_KEY;
  output.print(key);
  const checks = await verifyStored(vault, key, progressOn(output));
  output.setResult({ r2_key: key, checks });
  for (const { verdict, name, detail } of checks) output.print(`${verdict} ${name}: ${detail}`);
  const failed = checks.filter(({ verdict }) => verdict === "FAIL");
  if (failed.length === 0) return;
  const isFailed = (check: string) => failed.some(({ name }) => name === check);
  throw new BackupError(
    isFailed("manifest") ? "manifest_invalid" : isFailed("signature") ? "backup_unsigned" : "archive_corrupt",
    `${key} failed ${failed.map(({ name }) => name).join(", ")}`,
    { hint: "Do not rely on this backup: verify another one, and make a new one." },
  );
});
