/** The catalog's rows in the order of the vault's listing, page by page, from one snapshot. */
import { z } from "zod";
import { BACKUP_STATUSES, backupOriginSchema, storedProofSchema } from "@backup/vault/catalog.ts";
import type { Catalog } from "./catalog.ts";
import { literal } from "../postgres/sql_text.ts";

const catalogRowSchema = z.object({
  r2_key: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  target: z.string(),
  mode: z.string(),
  label: z.string().nullable(),
  origin: backupOriginSchema,
  bytes: z.number().nullable(),
  sha256: z.string().nullable(),
  status: z.enum(BACKUP_STATUSES),
  proven_at: z.string().nullable(),
  proof: storedProofSchema,
  hold_until: z.string().nullable(),
  hold_reason: z.string().nullable(),
  has_manifest: z.boolean(),
  signed_by: z.string().nullable(),
  /** The key that the manifest names, checked or not. */
  names_signer: z.string().nullable(),
});
export type CatalogRow = z.infer<typeof catalogRowSchema>;

const PAGE = 1000;
const COMPUTED = ["has_manifest", "names_signer"];
const COLUMNS = Object.keys(catalogRowSchema.shape).filter((name) => !COMPUTED.includes(name)).join(", ");

/**
 * Rows of one bucket whose key begins so, by key in the order of its bytes. They are read once, into a cursor of the
 * session, so that concurrent changes neither omit a row nor return one twice.
 */
export async function* listCatalogRows(
  catalog: Catalog,
  bucket: string,
  prefix: string,
): AsyncGenerator<CatalogRow> {
  await catalog.rows(
    `declare ops_db_backup_scan cursor with hold for
       select to_jsonb(b) from (
         select ${COLUMNS}, manifest is not null as has_manifest,
                manifest #>> '{signature,key_id}' as names_signer
           from public.ops_db_backups
          where r2_bucket = ${literal(bucket)} and duplicate_of is null and starts_with(r2_key, ${
      literal(prefix)
    })
          order by r2_key collate "C"
       ) b;`,
  );
  for (;;) {
    const page = z.array(catalogRowSchema).parse(
      await catalog.rows(`fetch forward ${PAGE} from ops_db_backup_scan;`),
    );
    yield* page;
    if (page.length < PAGE) break;
  }
  await catalog.rows("close ops_db_backup_scan;");
}
