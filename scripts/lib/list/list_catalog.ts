/** The list from the catalog: one query, whatever the vault's size. */
import { z } from "zod";
import type { Target } from "@backup/target.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { literal } from "../postgres/sql_text.ts";
import { type BackupList, listedBackupSchema } from "./listed_backup.ts";

const COMPUTED = ["created_at", "is_trusted"];
const COLUMNS = Object.keys(listedBackupSchema.shape).filter((name) => !COMPUTED.includes(name)).join(", ");
/** As manifests and keys write it. */
const CREATED_AT = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at`;

/**
 * The newest backups of a bucket that were not deleted.
 * @param target `null`: of every database
 * @throws {BackupError} `catalog_unavailable`.
 */
export async function listCatalog(
  catalog: Catalog,
  bucket: string,
  target: Target | null,
  limit: number,
): Promise<BackupList> {
  const ofTarget = target === null ? "" : `and target = ${literal(target)}`;
  const rows = await catalog.rows(
    `select to_jsonb(b) from (
       select ${COLUMNS}, ${CREATED_AT},
              signed_by is not null or not public.ops_db_backup_requires_signature() as is_trusted
         from public.ops_db_backups
        where r2_bucket = ${literal(bucket)} and duplicate_of is null and status <> 'deleted' ${ofTarget}
        order by ops_db_backups.created_at desc, id desc limit ${limit}) b;`,
  );
  return { source: "catalog", backups: z.array(listedBackupSchema).parse(rows), unreadable: [] };
}
