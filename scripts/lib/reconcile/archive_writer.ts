/** Which run wrote an archive that has no manifest. */
import { z } from "zod";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { isActive, type RunStatus, runStatusSchema } from "@backup/runs/run.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { literal } from "../postgres/sql_text.ts";
import type { ObjectHead } from "../vault/vault.ts";

/**
 * - `active`: a run may be writing it now.
 * - `failed`: the run that its metadata names has ended without a backup, or is not in the catalog.
 * - `unclear`: its metadata names no run, and a run that ended without a backup was active at the time in its key.
 * - `other`: none of these; an archive made by hand, for example.
 */
export type ArchiveWriter = "active" | "failed" | "unclear" | "other";

/** Tolerated difference between the clocks of a runner and of the database. */
const TOLERANCE = "interval '2 minutes'";

/** @param archive its metadata decides if it names an origin, else the runs of its target at its time */
export async function writerOf(catalog: Catalog, archive: ObjectHead): Promise<ArchiveWriter> {
  const { origin, key } = archive;
  if (origin === null) return await writerByTime(catalog, key);
  if (origin.run === null) return "other"; // uploaded by a person, from a file that was checked
  const condition = `request_id::text = ${literal(origin.run)}`;
  return writerOfStatus(await statusOfRun(catalog, condition) ?? "lost", "failed");
}

/** Archives of older versions, and those made by hand, carry no origin. Restores write safety copies. */
async function writerByTime(catalog: Catalog, key: string): Promise<ArchiveWriter> {
  const { target, createdAtUtc } = parseArchiveKey(key);
  const at = `${literal(createdAtUtc)}::timestamptz`;
  const status = await statusOfRun(
    catalog,
    `kind in ('backup', 'restore') and target = ${literal(target)}
        and created_at between ${at} - interval '7 days' and ${at} + ${TOLERANCE}
        and coalesce(finished_at, 'infinity') >= ${at} - ${TOLERANCE}`,
  );
  return status === null ? "other" : writerOfStatus(status, "unclear");
}

function writerOfStatus(status: RunStatus, ended: "failed" | "unclear"): ArchiveWriter {
  if (status === "succeeded") return "other";
  return isActive(status) ? "active" : ended;
}

/** Of the newest run that meets the condition. */
async function statusOfRun(catalog: Catalog, condition: string): Promise<RunStatus | null> {
  const rows = await catalog.rows(
    `select to_json(status) from public.ops_db_backup_runs where ${condition} order by created_at desc limit 1;`,
  );
  return z.array(runStatusSchema).parse(rows)[0] ?? null;
}
