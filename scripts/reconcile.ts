/**
 * Compares the vault with the catalog: enters what the catalog lacks, marks what the vault lost. Runs, holds and proofs
 * are restored from the audit's copies in the vault first. Fails when the audit was changed.
 *
 *     deno task reconcile                # what it would do
 *     APPLY=yes deno task reconcile
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { copyAudit } from "./lib/audit/mirror.ts";
import { rebuildRuns } from "./lib/reconcile/rebuild_audit.ts";
import { requireSoundAudit, verifyAudit } from "./lib/audit/verify.ts";
import { Catalog } from "./lib/catalog/catalog.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { reconcileEnvironment } from "./lib/reconcile/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { runInterruptible } from "./lib/run/main.ts";
import { reconcile } from "./lib/reconcile/reconcile.ts";
import { describeFinding, reconcileSummary } from "./lib/reconcile/report.ts";
import { reporterFor } from "./lib/run/tracked_run.ts";

await runInterruptible(async (output) => {
  const env = readEnvironment(reconcileEnvironment, ownEnvironment());
  const vault = vaultOf(env);
  const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
  const reporter = reporterFor(catalog, ownEnvironment());
  try {
    const rebuilt = env.APPLY ? await rebuildRuns(vault, catalog) : null;
    for (const { chain_id, seq, why } of rebuilt?.broken ?? []) {
      reporter.warn(`audit record ${seq} of ${chain_id}: ${why}`);
    }
    for (const { key, why } of rebuilt?.withoutManifest ?? []) {
      reporter.warn(`${key} came back without its manifest: ${why}`);
    }
    const onFinding = (finding: Parameters<typeof describeFinding>[0]) => {
      const { text, isBad } = describeFinding(finding);
      if (isBad) reporter.warn(text);
      else reporter.log(text);
    };
    const context = { vault, catalog, now: () => new Date(), onFinding };
    const reconciled = await reconcile(context, env.APPLY);
    output.setResult({ reconciled, rebuilt, applied: env.APPLY });
    if (env.APPLY) await copyAudit(() => vault, catalog, reporter);
    await reporter.summary(reconcileSummary(reconciled, rebuilt, env.APPLY));
    requireSoundAudit(await verifyAudit(vault, catalog));
  } finally {
    await catalog.close();
  }
});
