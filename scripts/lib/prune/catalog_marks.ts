/** Retention's queries and updates of the catalog, for many backups at a time. */
import { z } from "zod";
import type { Target } from "@backup/target.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { jsonb, literal } from "../postgres/sql_text.ts";

const keysSchema = z.array(z.string());
const ACTIVE = "status in ('queued', 'running', 'unknown')";
const READING = `kind in ('restore', 'plan', 'drill') and ${ACTIVE}`;

/** Keys that an active restore, plan or drill reads. */
export async function keysInUse(catalog: Catalog): Promise<Set<string>> {
  const rows = await catalog.rows(
    `select to_json(r2_key) from public.ops_db_backup_runs where r2_key is not null and ${READING};`,
  );
  return new Set(keysSchema.parse(rows));
}

/** Whether a run may be writing into the target's part of the vault. */
export async function isBeingWritten(catalog: Catalog, target: Target): Promise<boolean> {
  const [active] = await catalog.rows(
    `select to_json(exists (select from public.ops_db_backup_runs
       where target = ${literal(target)} and kind in ('backup', 'restore') and ${ACTIVE}));`,
  );
  return z.boolean().parse(active);
}

/**
 * Marks backups as deleted, except those that were held, or that a run began to read, since the decision.
 * @returns the keys that were marked
 */
export async function markForDeletion(
  catalog: Catalog,
  bucket: string,
  keys: readonly string[],
): Promise<string[]> {
  const untouched = `coalesce(b.hold_until, '-infinity') <= clock_timestamp() and not exists (
    select from public.ops_db_backup_runs where r2_key = b.r2_key and ${READING})`;
  return await markAll(catalog, bucket, keys, "deleted", untouched);
}

/** Sets the status of the rows that have another one. */
export async function markAs(
  catalog: Catalog,
  bucket: string,
  keys: readonly string[],
  status: "uploaded" | "restored" | "failed" | "deleted",
): Promise<string[]> {
  return await markAll(catalog, bucket, keys, status, `b.status <> ${literal(status)}`);
}

async function markAll(
  catalog: Catalog,
  bucket: string,
  keys: readonly string[],
  status: string,
  condition: string,
): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await catalog.rows(
    `select public.ops_db_backup_mark(jsonb_build_object(
         'r2_bucket', b.r2_bucket, 'r2_key', b.r2_key, 'status', ${literal(status)})) -> 'r2_key'
       from public.ops_db_backups b
      where b.r2_bucket = ${literal(bucket)} and b.duplicate_of is null and ${condition}
        and b.r2_key in (select jsonb_array_elements_text(${jsonb(keys)}));`,
  );
  return keysSchema.parse(rows);
}
