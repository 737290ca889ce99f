/**
 * The second watch, from inside the project: what the catalog alone tells. It speaks when the watchdog, which looks at
 * the vault itself and runs on GitHub, is silent.
 */
import { z } from "zod";
import type { AuditFacts, CatalogFacts, Condition, ConditionId, VaultFacts } from "./conditions.ts";
import { age, hoursBetween, moment } from "./text.ts";
import { hours as inHours, SCHEDULE_LATE_AFTER_MS } from "../service_levels.ts";

/** `ops_db_backup_lost_runs`. */
export const lostRunsSchema = z.array(
  z.object({
    request_id: z.string(),
    kind: z.string(),
    target: z.string(),
    at: z.string(),
    run_url: z.string().nullable(),
  }).transform(({ request_id: requestId, run_url: runUrl, ...rest }) => ({ ...rest, requestId, runUrl })),
);

/** `ops_db_backup_audit_verify`: the database's own chain, without the vault's copies. */
export const ownAuditSchema = z.object({
  ok: z.boolean(),
  broken_at: z.object({ chain_id: z.string(), seq: z.number(), why: z.string() }).nullable(),
}).transform(({ ok, broken_at: broken }): AuditFacts => ({
  ok,
  brokenAt: broken &&
    { where: "database", chainId: broken.chain_id, seq: broken.seq, reason: broken.why },
}));

/** What was told, by condition: told again only when it differs. */
const notifiedSchema = z.record(z.string(), z.object({ title: z.string(), material: z.string() }));
export type NotifiedAlarms = z.infer<typeof notifiedSchema>;

/** `ops_db_backup_watch_facts`. */
export const watchFactsSchema = z.object({
  time: z.string(),
  backups: z.array(z.object({
    key: z.string(),
    created_at: z.string(),
    bytes: z.number().nullable(),
    rows: z.record(z.string(), z.number()).nullable(),
  })),
  drills: z.array(z.object({ key: z.string(), drilled_at: z.string(), failed: z.array(z.string()) })),
  lost_runs: lostRunsSchema,
  audit: ownAuditSchema,
  reports: z.object({
    watchdog: z.object({
      at: z.string(),
      // one of another form says nothing of what was told
      report: z.object({ not_told: z.array(z.string()) }).catch({ not_told: [] }),
    }).optional(),
    watch: z.object({ report: z.object({ told: notifiedSchema }).catch({ told: {} }) }).optional(),
  }),
});
export type CatalogWatchFacts = z.infer<typeof watchFactsSchema>;

/** What only the vault itself tells. */
export const UNSEEN_BY_CATALOG: readonly ConditionId[] = ["vault_unreachable", "backup_corrupt"];

/** The vault as its index has it. */
export function vaultAsIndexed({ backups, drills }: CatalogWatchFacts): VaultFacts {
  return {
    backups: backups.map(({ key, created_at, bytes, rows }) => (
      { key, createdAtUtc: created_at, bytes: bytes ?? 0, rows }
    )),
    corrupt: [],
    drills: drills.map(({ key, drilled_at, failed }) => ({ key, drilledAtUtc: drilled_at, failed })),
  };
}

export function catalogFactsOf({ lost_runs, audit }: CatalogWatchFacts): CatalogFacts {
  return { lostRuns: lost_runs, audit };
}

/** Beside the ids of the watch: a watchdog cannot see its own silence. */
export const WATCHDOG_SILENT = "watchdog_silent";

/** `null` while the watchdog reports in time. */
export function watchdogSilent({ reports: { watchdog }, time }: CatalogWatchFacts): Condition<string> | null {
  const limit = inHours(SCHEDULE_LATE_AFTER_MS["db-backup-watchdog.yml"]);
  const hours = watchdog === undefined ? Infinity : hoursBetween(watchdog.at, time);
  if (hours <= limit) return null;
  return {
    id: WATCHDOG_SILENT,
    severity: "failed",
    title: "O vigia dos backups está em silêncio",
    risk: "Ninguém confere os backups: o GitHub está fora do ar ou não inicia mais os workflows.",
    facts: [
      watchdog === undefined
        ? "O vigia nunca deixou um relatório."
        : `Último relatório do vigia: ${moment(watchdog.at)}, há ${age(hours)}.`,
      `Limite: ${age(limit)}.`,
    ],
    todo:
      "Veja githubstatus.com e, em Actions, se os workflows estão ligados; se durar, faça o backup pela linha de comando.",
    material: watchdog?.at ?? "never",
  };
}

/** Whether the watchdog tells alarms by itself: it was there, and everybody took what it had to say. */
export function isWatchdogNotifying(facts: CatalogWatchFacts): boolean {
  return watchdogSilent(facts) === null && (facts.reports.watchdog?.report.not_told ?? []).length === 0;
}
