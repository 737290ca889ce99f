/**
 * Retention: reports which backups are due for deletion and why; with APPLY=yes it deletes them.
 *
 *     deno task prune                       # what it would delete, of every target
 *     TARGET=prod APPLY=yes deno task prune
 *
 * The rules: docs/retention.md. Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { BackupError } from "@backup/errors.ts";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { type Target, TARGETS } from "@backup/target.ts";
import { Catalog } from "./lib/catalog/catalog.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { pruneEnvironment } from "./lib/prune/environment.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { runMain } from "./lib/run/main.ts";
import { applyPrune, planPrune, type PrunePlan } from "./lib/prune/prune.ts";
import { planLines, pruneResult, pruneSummary } from "./lib/prune/report.ts";
import { auditCopier } from "./lib/audit/mirror.ts";
import { type Outcome, reporterFor, type TrackedRun, trackRun } from "./lib/run/tracked_run.ts";

await runMain(async (signal, output) => {
  const env = readEnvironment(pruneEnvironment, ownEnvironment());
  const vault = vaultOf(env, { signal });
  const requester = requesterOf(env, randomUUID);
  const plans: { target: Target; decisions: PrunePlan["decisions"] }[] = [];
  let refusal: BackupError | null = null;
  for (const target of env.TARGET ? [env.TARGET] : TARGETS) {
    signal.throwIfAborted();
    if (!env.APPLY) await report(target);
    else refusal = await prune(target) ?? refusal;
  }
  if (!env.APPLY) output.setResult(plans);
  if (refusal) throw refusal;

  async function report(target: Target): Promise<void> {
    const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
    try {
      const run = {
        catalog,
        reporter: reporterFor(catalog, ownEnvironment()),
        requester,
        admission: "open" as const,
      };
      const plan = await planAndLog(run, target);
      plans.push({ target, decisions: plan.decisions });
      await run.reporter.summary(pruneSummary(target, plan, null));
    } finally {
      await catalog.close();
    }
  }

  /** Each target has a run of its own. A refused deletion of one target does not stop the next. */
  async function prune(target: Target): Promise<BackupError | null> {
    const about = { target, mode: null, label: null, r2_key: null, reason: env.REASON ?? null };
    const requestId = env.TARGET ? requester.requestId : randomUUID();
    try {
      await trackRun(
        {
          kind: "prune",
          requester: { ...requester, requestId },
          about,
          copyAudit: auditCopier(ownEnvironment(), signal),
        },
        ownEnvironment(),
        signal,
        (run) => pruneTracked(run, target),
      );
      return null;
    } catch (error) {
      if (error instanceof BackupError && error.code === "prune_incomplete") return error;
      throw error;
    }
  }

  async function pruneTracked(run: TrackedRun, target: Target): Promise<Outcome> {
    const plan = await planAndLog(run, target);
    const pruned = await applyPrune(contextOf(run), plan);
    for (const { key, reason } of pruned.refused) run.reporter.warn(`the vault kept ${key}: ${reason}`);
    for (const key of pruned.spared) run.reporter.log(`spared ${key}: held or in use by now`);
    await run.reporter.summary(pruneSummary(target, plan, pruned));
    const failure = pruned.refused.length === 0 ? undefined : new BackupError(
      "prune_incomplete",
      `The vault refused to delete ${pruned.refused.length} objects of ${target}, ` +
        `for example ${pruned.refused[0]?.key}: ${pruned.refused[0]?.reason}`,
      {
        hint:
          "A bucket lock ends by itself, and the next run tries again; a token needs the right to delete.",
      },
    );
    return { r2_key: null, result: pruneResult(plan, pruned), failure };
  }

  async function planAndLog(run: TrackedRun, target: Target): Promise<PrunePlan> {
    const plan = await planPrune(contextOf(run), target);
    for (const line of planLines(plan)) run.reporter.log(line);
    return plan;
  }

  function contextOf({ catalog, reporter }: TrackedRun) {
    return { vault, catalog, policy: DEFAULT_POLICY, now: () => new Date(), progress: reporter };
  }
});
