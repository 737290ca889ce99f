/** Compares the rows per table of a backup with those of the target. */
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { restoredRows } from "@backup/vault/platform.ts";
import type { ArchiveToc, TocEntry } from "../archive/archive_toc.ts";
import type { TableRows } from "../postgres/database_facts.ts";
import { identifier } from "../postgres/sql_text.ts";
import type { Selection } from "../archive/select_entries.ts";

export interface TablePlan {
  /** Quoted `schema.table`. */
  table: string;
  /**
   * `unknown`: the backup holds the table, but not the number of its rows · `absent`: it has none of that name that
   * holds rows itself; those of a partitioned table are its partitions'.
   */
  backup: number | "absent" | "unknown";
  target: number | "absent";
  /** Rows that the target gains, negative when it loses some; `null` while the backup's are unknown. */
  difference: number | null;
}

export interface TablesPlan {
  total: number;
  /** Tables with another number of rows, or on one side only. */
  different: number;
  /** `null` when unknown to the backup. */
  backupRows: number | null;
  targetRows: number;
  /** In name order; when they are too many, those that stay equal are left out first. */
  listed: TablePlan[];
}

export interface BackupContent {
  manifest: AnyManifest | null;
  toc: ArchiveToc;
  selection: Selection;
}

const LISTED_TABLES = 400;

export function planTables(content: BackupContent, target: readonly TableRows[]): TablesPlan {
  const backup = rowsOfBackup(content, target);
  const found = new Map(target.map(({ key, rows }) => [key, rows]));
  const names = [...new Set([...backup.keys(), ...found.keys()])].sort();
  const all = names.map((table) => planTable(table, backup.get(table), found.get(table)));
  const different = all.filter(isDifferent);
  const known = [...backup.values()].filter((rows) => rows !== "unknown");
  return {
    total: all.length,
    different: different.length,
    backupRows: known.length === backup.size ? sum(known) : null,
    targetRows: sum(found.values()),
    listed: all.length <= LISTED_TABLES ? all : different.slice(0, LISTED_TABLES),
  };
}

function planTable(
  table: string,
  backup: number | "unknown" | undefined,
  target: number | undefined,
): TablePlan {
  return {
    table,
    backup: backup ?? "absent",
    target: target ?? "absent",
    difference: backup === "unknown" ? null : (backup ?? 0) - (target ?? 0),
  };
}

function isDifferent({ backup, target, difference }: TablePlan): boolean {
  return difference !== 0 || (backup === "absent") !== (target === "absent");
}

function rowsOfBackup(
  { manifest, toc, selection }: BackupContent,
  target: readonly TableRows[],
): Map<string, number | "unknown"> {
  if (manifest && isProving(manifest) && manifest.mode === "full") {
    return new Map(Object.entries(restoredRows(manifest.rows)));
  }
  const taken = new Set(selection.main);
  const keys = new Map(target.map(({ schema, table, key }) => [`${schema}\0${table}`, key]));
  const keyOf = ({ schema, tag }: TocEntry) =>
    keys.get(`${schema}\0${tag}`) ?? [schema ?? "", tag].map(quoteIfNeeded).join(".");
  const full = manifest?.mode !== "schema-only";
  const tables = toc.entries.filter((entry) => full ? entry.kind === "TABLE DATA" : holdsRows(entry))
    .filter(({ dumpId }) => taken.has(dumpId));
  if (full) return new Map(tables.map((entry) => [keyOf(entry), "unknown"]));
  // a backup without rows empties the platform's tables too, which stay
  const platform = target.filter(({ schema }) => schema === "auth" || schema === "storage");
  return new Map([...tables.map(keyOf), ...platform.map(({ key }) => key)].map((key) => [key, 0]));
}

function holdsRows({ kind, definition }: TocEntry): boolean {
  return kind === "TABLE" && !/^PARTITION BY /m.test(definition);
}

function quoteIfNeeded(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : identifier(name);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
