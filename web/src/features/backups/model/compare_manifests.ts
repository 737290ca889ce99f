/** What differs between two backups, from their manifests alone. */

import type { Manifest } from "@backup/vault/manifest.ts";

export interface TableChange {
  name: string;
  /** Rows in the older backup; `null` when it does not have the table. */
  before: number | null;
  after: number | null;
}

export interface ManifestComparison {
  /** Tables whose number of rows differs, the largest difference first. */
  tables: TableChange[];
  sameTables: number;
  rows: { before: number; after: number };
  /** Areas whose structure, owners or privileges differ: schemas, and those of the platform. */
  areas: string[];
  /** Extensions that differ, `name 1.0 → 1.1`. */
  extensions: string[];
  /** `null` when both have the same newest migration, or one does not say. */
  migration: { before: string; after: string } | null;
}

/** Compares rows by their number: rows that were changed and neither added nor removed are not seen. */
export function compareManifests(older: Manifest, newer: Manifest): ManifestComparison {
  const names = [...new Set([...Object.keys(older.rows), ...Object.keys(newer.rows)])];
  const tables = names.map((name) => ({
    name,
    before: older.rows[name] ?? null,
    after: newer.rows[name] ?? null,
  }));
  const changed = tables.filter(({ before, after }) => before !== after);
  const size = ({ before, after }: TableChange) => Math.abs((after ?? 0) - (before ?? 0));
  const migrations = [older.migration_head, newer.migration_head];
  return {
    tables: changed.toSorted((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1)),
    sameTables: tables.length - changed.length,
    rows: { before: older.rows_total, after: newer.rows_total },
    areas: differentKeys(older.fingerprint, newer.fingerprint),
    extensions: differentExtensions(older, newer),
    migration: migrations[0] && migrations[1] && migrations[0] !== migrations[1]
      ? { before: migrations[0], after: migrations[1] }
      : null,
  };
}

function differentKeys(a: Record<string, string>, b: Record<string, string>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]).sort();
}

function differentExtensions(older: Manifest, newer: Manifest): string[] {
  const versions = ({ extensions }: Manifest) =>
    Object.fromEntries(extensions.map(({ name, version }) => [name, version]));
  const [a, b] = [versions(older), versions(newer)];
  return differentKeys(a, b).map((name) => `${name} ${a[name] ?? "—"} → ${b[name] ?? "—"}`);
}
