/** Compares vault and catalog, one archive at a time. */
import type { Catalog } from "../catalog/catalog.ts";
import type { ListedObject, Vault } from "../vault/vault.ts";
import { type CatalogRow, listCatalogRows } from "../catalog/catalog_rows.ts";
import { listStoredSets, type StoredSet } from "../vault/stored_sets.ts";

/** The entries of vault and catalog for one archive; at least one of them exists. */
export interface Pair {
  key: string;
  stored: StoredSet | null;
  row: CatalogRow | null;
}

/**
 * Merges the vault's listing with the catalog's rows. The catalog is read first: a backup that is made
 * in between may appear without its row, never without its object.
 */
export async function* compareVaultWithCatalog(
  vault: Vault,
  catalog: Catalog,
  prefix: string,
  onForeign?: (object: ListedObject) => void,
): AsyncGenerator<Pair> {
  const rows = listCatalogRows(catalog, vault.bucket, prefix);
  const sets = listStoredSets(vault, prefix, onForeign);
  let row = await nextOf(rows);
  let stored = await nextOf(sets);
  while (row !== null || stored !== null) {
    const key = firstKey(row?.r2_key, stored?.key);
    const pair = { key, stored: stored?.key === key ? stored : null, row: row?.r2_key === key ? row : null };
    if (pair.row) row = await nextOf(rows);
    if (pair.stored) stored = await nextOf(sets);
    yield pair;
  }
}

async function nextOf<T>(items: AsyncGenerator<T>): Promise<T | null> {
  const { done, value } = await items.next();
  return done === true ? null : value;
}

function firstKey(a: string | undefined, b: string | undefined): string {
  if (a === undefined) return b ?? "";
  return b === undefined || a < b ? a : b;
}
