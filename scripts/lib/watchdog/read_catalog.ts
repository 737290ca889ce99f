/** What the catalog tells the watchdog: silent runs, the audit, and what it saw itself the last time. */
import { z } from "zod";
import { toBackupError } from "../../../supabase/functions/_shared/backup/errors.ts";
import type { AuditFacts, CatalogFacts } from "../../../supabase/functions/_shared/backup/watch.ts";
import { hoursBetween } from "../../../supabase/functions/_shared/backup/watch_words.ts";
import { type AuditVerdict, verifyAudit } from "../audit/verify.ts";
import type { Catalog } from "../catalog.ts";
import type { Vault } from "../vault.ts";

export const REPORT_NAME = "watchdog";
export const NOTHING_KNOWN: Memory = { hashedKey: null, auditComparedAt: null };

/** The newest run of a kind and target decides: a run that ended well makes the lost one before it history. */
const LOST_RUNS = `
  select json_build_object('requestId', r.request_id, 'kind', r.kind, 'target', r.target,
                           'at', to_json(coalesce(r.finished_at, r.created_at)), 'runUrl', r.run_url)
    from (
      select distinct on (kind, target) *
        from public.ops_db_backup_runs
       where status not in ('queued', 'running', 'unknown')
       order by kind, target, created_at desc
    ) r
   where r.status = 'lost'
   order by r.created_at desc;`;

const lostRun = z.object({
  requestId: z.string(),
  kind: z.string(),
  target: z.string(),
  at: z.string(),
  runUrl: z.string().nullable(),
});
/** Reading every copy takes a request each: once a day is enough, and while something is wrong each time. */
const COMPARE_HOURS = 24;

const ownVerdict = z.object({
  ok: z.boolean(),
  broken_at: z.object({ chain_id: z.string(), seq: z.number(), why: z.string() }).nullable(),
});

export interface SeenCatalog {
  facts: CatalogFacts;
  /** When database and copies were last compared and found the same. */
  auditComparedAt: string | null;
}

/**
 * Gives up runs without a sign of life first.
 * @param vault that has the audit's copies; `null` when it cannot be used
 * @throws {BackupError} `catalog_unavailable`.
 */
export async function readCatalogFacts(
  catalog: Catalog,
  vault: Vault | null,
  { auditComparedAt }: Memory,
  now: string,
): Promise<SeenCatalog> {
  await catalog.rows("select to_json(public.ops_db_backup_runs_expire());");
  const lostRuns = z.array(lostRun).parse(await catalog.rows(LOST_RUNS));
  const isDue = auditComparedAt === null || hoursBetween(auditComparedAt, now) >= COMPARE_HOURS;
  if (!isDue) return { facts: { lostRuns, audit: await checkOwnChain(catalog) }, auditComparedAt };
  const audit = await compareAudit(catalog, vault);
  return { facts: { lostRuns, audit }, auditComparedAt: audit?.ok ? now : null };
}

async function checkOwnChain(catalog: Catalog): Promise<AuditFacts> {
  const [answer] = await catalog.rows("select public.ops_db_backup_audit_verify();");
  const { ok, broken_at } = ownVerdict.parse(answer);
  return { ok, brokenAt: broken_at && factOf({ ...broken_at, where: "database" }) };
}

/** `null` when the copies cannot be read, which is the vault's alarm. */
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

/** What the watchdog knows from the last time; it lies in its report. */
export interface Memory {
  /** The archive whose whole content it has read and found right. */
  hashedKey: string | null;
  auditComparedAt: string | null;
}

const lastReport = z.object({ hashed_key: z.string().nullable(), audit_compared_at: z.string().nullable() })
  .transform((it): Memory => ({ hashedKey: it.hashed_key, auditComparedAt: it.audit_compared_at }));

/** Nothing known where there is no report, or one of another form. @throws {BackupError} `catalog_unavailable`. */
export async function readMemory(catalog: Catalog): Promise<Memory> {
  const [report] = await catalog.rows(
    `select report from public.ops_db_backup_reports where name = '${REPORT_NAME}';`,
  );
  const { success, data } = lastReport.safeParse(report);
  return success ? data : NOTHING_KNOWN;
}
