/**
 * What the watch inside the project knows: the catalog, without the vault. It sends notifications while the watchdog,
 * which runs on GitHub and reads the vault, does not report.
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

/** Delivered notifications by condition. */
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
    rejected_at: z.string().nullable().default(null),
  })),
  drills: z.array(z.object({ key: z.string(), drilled_at: z.string(), failed: z.array(z.string()) })),
  lost_runs: lostRunsSchema,
  audit: ownAuditSchema,
  reports: z.object({
    watchdog: z.object({
      at: z.string(),
      // a report of another form lists no failed deliveries
      report: z.object({ undelivered: z.array(z.string()) }).catch({ undelivered: [] }),
    }).optional(),
    watch: z.object({ report: z.object({ notified: notifiedSchema }).catch({ notified: {} }) }).optional(),
  }),
});
export type CatalogWatchFacts = z.infer<typeof watchFactsSchema>;

/** Conditions that only the vault itself shows. */
export const UNKNOWN_TO_CATALOG: readonly ConditionId[] = ["vault_unreachable", "backup_corrupt"];

/** The vault as the catalog lists it; damaged objects are not known there. */
export function vaultAsIndexed({ backups, drills }: CatalogWatchFacts): VaultFacts {
  return {
    backups: backups.map(({ key, created_at, bytes, rows, rejected_at }) => (
      { key, createdAtUtc: created_at, bytes: bytes ?? 0, rows, rejectedAt: rejected_at }
    )),
    corrupt: [],
    drills: drills.map(({ key, drilled_at, failed }) => ({ key, drilledAtUtc: drilled_at, failed })),
  };
}

export function catalogFactsOf({ lost_runs, audit }: CatalogWatchFacts): CatalogFacts {
  return { lostRuns: lost_runs, audit };
}

/** Not among {@link ConditionId}: the watchdog cannot detect its own silence. */
export const WATCHDOG_SILENT = "watchdog_silent";

/** The condition of a watchdog that has not reported within its service level; `null` while it does. */
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

/** Whether the watchdog reports in time and all its notifications were delivered. */
export function isWatchdogNotifying(facts: CatalogWatchFacts): boolean {
  return watchdogSilent(facts) === null && (facts.reports.watchdog?.report.undelivered ?? []).length === 0;
}
