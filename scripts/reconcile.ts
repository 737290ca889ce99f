/**
 * Compares the vault with the catalog: enters what the catalog does not know, marks what the vault lost. What the audit's
 * copies in the vault tell (runs, holds, proofs) comes back first. Ends with a failure when the audit was changed.
 *
 *     deno task reconcile                # says what it would do
 *     APPLY=yes deno task reconcile
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import process from "node:process";
import { copyAudit } from "./lib/audit/mirror.ts";
import { rebuildRuns } from "./lib/audit/rebuild.ts";
import { requireSoundAudit, verifyAudit } from "./lib/audit/verify.ts";
import { Catalog } from "./lib/catalog.ts";
import { findPsql } from "./lib/client_tools.ts";
import { connectionOf, readEnvironment, reconcileEnvironment, vaultOf } from "./lib/environment.ts";
import { runInterruptible } from "./lib/main.ts";
import { reconcile } from "./lib/reconcile/reconcile.ts";
import { describeFinding, reconcileSummary } from "./lib/reconcile/report.ts";
import { reporterFor } from "./lib/tracked_run.ts";

await runInterruptible(async (output) => {
  const env = readEnvironment(reconcileEnvironment, process.env);
  const vault = vaultOf(env);
  const catalog = new Catalog({ psql: findPsql(), connection: connectionOf("prod", process.env) });
  const reporter = reporterFor(catalog, process.env);
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
