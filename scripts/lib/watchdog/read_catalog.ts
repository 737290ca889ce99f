/** Reads the watchdog's facts from the catalog: silent runs, the audit, and the state of the previous round. */
import { z } from "zod";
import { toBackupError } from "@backup/errors.ts";
import { type AuditFacts, type CatalogFacts, WATCHES } from "@backup/watch/conditions.ts";
import { breakGlassSchema, lostRunsSchema, ownAuditSchema } from "@backup/watch/catalog_facts.ts";
import { type WatchReports, watchReportsSchema } from "@backup/watch/reports.ts";
import { hoursBetween } from "@backup/watch/text.ts";
import { type AuditVerdict, verifyAudit } from "../audit/verify.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { literal } from "../postgres/sql_text.ts";
import type { Vault } from "../vault/vault.ts";

export const INITIAL_STATE: WatchdogState = { hashedKey: null, auditComparedAt: null };

/** Each copy takes a request: the audit is compared once a day, and in every round while a difference exists. */
const COMPARE_HOURS = 24;

export interface CatalogResult {
  facts: CatalogFacts;
  /** When database and copies were last compared and found the same. */
  auditComparedAt: string | null;
}

/**
 * First marks runs without a heartbeat as lost.
 * @param vault that has the audit's copies; `null` when it cannot be used
 * @throws {BackupError} `catalog_unavailable`.
 */
export async function readCatalogFacts(
  catalog: Catalog,
  vault: Vault | null,
  { auditComparedAt }: WatchdogState,
  now: string,
): Promise<CatalogResult> {
  await catalog.rows("select to_json(public.ops_db_backup_runs_expire());");
  const [lost] = await catalog.rows("select public.ops_db_backup_lost_runs();");
  const lostRuns = lostRunsSchema.parse(lost);
  const [uses] = await catalog.rows("select public.ops_db_backup_break_glass_uses();");
  const breakGlass = breakGlassSchema.parse(uses);
  const isDue = auditComparedAt === null || hoursBetween(auditComparedAt, now) >= COMPARE_HOURS;
  if (!isDue) {
    return { facts: { lostRuns, breakGlass, audit: await checkOwnChain(catalog) }, auditComparedAt };
  }
  const audit = await compareAudit(catalog, vault);
  return { facts: { lostRuns, breakGlass, audit }, auditComparedAt: audit?.ok ? now : null };
}

async function checkOwnChain(catalog: Catalog): Promise<AuditFacts> {
  const [answer] = await catalog.rows("select public.ops_db_backup_audit_advance();");
  return ownAuditSchema.parse(answer);
}

/** `null` when the copies cannot be read, for which there is another alarm. */
async function compareAudit(catalog: Catalog, vault: Vault | null): Promise<AuditFacts | null> {
  if (vault === null) return null;
  try {
    const { ok, broken_at } = await verifyAudit(vault, catalog);
    return { ok, brokenAt: broken_at && factOf(broken_at) };
  } catch (thrown) {
    if (toBackupError(thrown).code.startsWith("vault_")) return null;
    throw thrown;
  }
}

function factOf(broken: NonNullable<AuditVerdict["broken_at"]>): AuditFacts["brokenAt"] {
  const { where, chain_id, seq, why } = broken;
  return { where, chainId: chain_id, seq, reason: why };
}

/** State from the previous round, stored in the watchdog's report. */
export interface WatchdogState {
  /** The archive whose whole content was read and equals its manifest. */
  hashedKey: string | null;
  auditComparedAt: string | null;
}

const stateSchema = z.object({ hashed_key: z.string().nullable(), audit_compared_at: z.string().nullable() })
  .transform((it): WatchdogState => ({ hashedKey: it.hashed_key, auditComparedAt: it.audit_compared_at }));

/** What both watches left in the catalog. */
export interface LastReports {
  reports: WatchReports;
  /** {@link INITIAL_STATE} without a report of the watchdog, or with one of another form. */
  state: WatchdogState;
}

/** @throws {BackupError} `catalog_unavailable`. */
export async function readLastReports(catalog: Catalog): Promise<LastReports> {
  const [found] = await catalog.rows(
    `select coalesce(jsonb_object_agg(name, jsonb_build_object('at', at, 'report', report)), '{}')
       from public.ops_db_backup_reports where name in (${WATCHES.map(literal).join(", ")});`,
  );
  const { data } = z.object({ watchdog: z.object({ report: stateSchema }) }).safeParse(found);
  return { reports: watchReportsSchema.parse(found), state: data?.watchdog.report ?? INITIAL_STATE };
}
