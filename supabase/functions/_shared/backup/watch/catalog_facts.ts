/** What the watch inside the project knows: the catalog, without the vault. */
import { z } from "zod";
import type { AuditFacts, CatalogFacts, ConditionId, VaultFacts } from "./conditions.ts";
import { watchReportsSchema } from "./reports.ts";

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

/** `ops_db_backup_break_glass_uses`. */
export const breakGlassSchema = z.array(
  z.object({
    request_id: z.string().nullable(),
    at: z.string(),
    actor: z.string().nullable(),
    r2_key: z.string().nullable(),
    reason: z.string().nullable(),
    run_url: z.string().nullable(),
  }).transform(({ request_id: requestId, r2_key: key, run_url: runUrl, ...rest }) => (
    { ...rest, requestId, key, runUrl }
  )),
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
  break_glass: breakGlassSchema.default([]),
  audit: ownAuditSchema,
  reports: watchReportsSchema,
});
export type CatalogWatchFacts = z.infer<typeof watchFactsSchema>;

/** Conditions that only the vault itself shows. */
export const UNKNOWN_TO_CATALOG: readonly ConditionId[] = [
  "vault_unreachable",
  "backup_corrupt",
  "dated_ahead",
  "unsigned_backup",
  "signing_off",
  "unopenable_backup",
];

/** The vault as the catalog lists it; damaged objects are not known there. */
export function vaultAsIndexed({ backups, drills }: CatalogWatchFacts): VaultFacts {
  return {
    backups: backups.map(({ key, created_at, bytes, rows, rejected_at }) => (
      { key, createdAtUtc: created_at, bytes: bytes ?? 0, rows, rejectedAt: rejected_at }
    )),
    corrupt: [],
    datedAhead: [],
    isSigned: null,
    unsigned: [],
    unopenable: [],
    drills: drills.map(({ key, drilled_at, failed }) => ({ key, drilledAtUtc: drilled_at, failed })),
  };
}

export function catalogFactsOf({ lost_runs, break_glass, audit }: CatalogWatchFacts): CatalogFacts {
  return { lostRuns: lost_runs, breakGlass: break_glass, audit };
}
