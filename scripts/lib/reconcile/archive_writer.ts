/** Which run wrote an archive that has no manifest. */
import { z } from "zod";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { isActive, runStatusSchema } from "@backup/runs/run.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { literal } from "../postgres/sql_text.ts";
import type { ObjectHead } from "../vault/vault.ts";

/**
 * - `active`: a run may be writing it now.
 * - `failed`: the run that its metadata names has ended without a backup, is not in the catalog, or has succeeded with
 *   another archive: a later attempt of a run has the same request id.
 * - `unclear`: its metadata names no run, and a run that ended without a backup was active at the time in its key; or
 *   the run that its metadata names has succeeded, and does not state its archive.
 * - `other`: none of these; an archive made by hand, for example.
 */
export type ArchiveWriter = "active" | "failed" | "unclear" | "other";

/** Tolerated difference between the clocks of a runner and of the database. */
const TOLERANCE = "interval '2 minutes'";

/** A restore's archive is its safety copy. */
const runSchema = z.object({ status: runStatusSchema, archive: z.string().nullable() });
type WritingRun = z.infer<typeof runSchema>;

/** @param archive its metadata decides if it names an origin, else the runs of its target at its time */
export async function writerOf(catalog: Catalog, archive: ObjectHead): Promise<ArchiveWriter> {
  const { origin, key } = archive;
  if (origin === null) return await writerByTime(catalog, key);
  if (origin.run === null) return "other"; // uploaded by a person, from a file that was checked
  const run = await newestRun(catalog, `request_id::text = ${literal(origin.run)}`);
  if (run === null) return "failed";
  if (run.status !== "succeeded") return isActive(run.status) ? "active" : "failed";
  if (run.archive === null) return "unclear";
  return run.archive === key ? "other" : "failed";
}

/** Archives of older versions, and those made by hand, carry no origin. Restores write safety copies. */
async function writerByTime(catalog: Catalog, key: string): Promise<ArchiveWriter> {
  const { target, createdAtUtc } = parseArchiveKey(key);
  const at = `${literal(createdAtUtc)}::timestamptz`;
  const run = await newestRun(
    catalog,
    `kind in ('backup', 'restore') and target = ${literal(target)}
        and created_at between ${at} - interval '7 days' and ${at} + ${TOLERANCE}
        and coalesce(finished_at, 'infinity') >= ${at} - ${TOLERANCE}`,
  );
  if (run === null || run.status === "succeeded") return "other";
  return isActive(run.status) ? "active" : "unclear";
}

/** The newest run that meets the condition. */
async function newestRun(catalog: Catalog, condition: string): Promise<WritingRun | null> {
  const rows = await catalog.rows(
    `select json_build_object('status', status,
              'archive', case kind when 'backup' then r2_key else result ->> 'safety_key' end)
       from public.ops_db_backup_runs where ${condition} order by created_at desc limit 1;`,
  );
  return z.array(runSchema).parse(rows)[0] ?? null;
}
