/** Compares a target with its plan: what changed since the plan was made. */
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import type { TableRows } from "../postgres/database_facts.ts";
import { list, type Listed } from "./plan_comparison.ts";

export interface TableChange {
  /** Quoted `schema.table`. */
  table: string;
  /** Rows of the target when the plan was made. */
  planned: number | "absent";
  now: number | "absent";
}

export interface PlanChanges {
  tables: Listed<TableChange>;
  /** Schema and privileges, each as a sentence in pt-BR; `null` when the backup does not hold them. */
  schema: Listed<string> | null;
}

/** The target now, and the facts of the backup that a plan compares it with. */
export interface Drift {
  tables: readonly TableRows[];
  /** Rows per table in the backup, `null` when unknown. */
  backupRows: Readonly<Record<string, number>> | null;
  /** All differences from the backup, as a plan states them. */
  differences: readonly string[] | null;
}

export function changesSincePlan(
  planned: Pick<PlannedRestore, "tables" | "differences">,
  drift: Drift,
): PlanChanges {
  return {
    tables: list(tableChanges(planned, drift)),
    schema: planned.differences && drift.differences &&
      list(schemaChanges(planned.differences, drift.differences)),
  };
}

function tableChanges(
  { tables }: Pick<PlannedRestore, "tables">,
  { tables: found, backupRows }: Drift,
): TableChange[] {
  const listed = new Map(tables.listed.map(({ table, target }) => [table, target]));
  const current = new Map(found.map(({ key, rows }) => [key, rows]));
  const isComplete = tables.total === tables.listed.length;
  // a plan omits first the tables that have as many rows as in the backup
  const hasAllDifferent = tables.different <= tables.listed.length;
  const plannedRows = (table: string) => {
    const rows = listed.get(table);
    if (rows !== undefined) return rows;
    if (isComplete) return "absent";
    return hasAllDifferent ? backupRows?.[table] ?? "absent" : null;
  };
  const names = new Set([...listed.keys(), ...current.keys(), ...Object.keys(backupRows ?? {})]);
  return [...names].sort().flatMap((table): TableChange[] => {
    const planned = plannedRows(table);
    const now = current.get(table) ?? "absent";
    return planned === null || planned === now ? [] : [{ table, planned, now }];
  });
}

function schemaChanges(planned: Listed<string>, differences: readonly string[]): string[] {
  const current = new Set(differences);
  const gone = planned.listed.filter((text) => !current.has(text)).map((text) => `não mais: ${text}`);
  if (planned.total === planned.listed.length) {
    const known = new Set(planned.listed);
    return [
      ...gone,
      ...differences.filter((text) => !known.has(text)).map((text) => `desde a simulação: ${text}`),
    ];
  }
  // the plan names only the first of them and the number of the others
  return planned.total === differences.length
    ? gone
    : [...gone, `${differences.length} diferenças do backup, ${planned.total} na simulação`];
}

/** One line for a log, `null` when nothing changed. */
export function describeChanges({ tables, schema }: PlanChanges): string | null {
  if (tables.total === 0 && !schema?.total) return null;
  const shown = tables.listed.slice(0, 5).map(({ table, planned, now }) => `${table} ${planned} → ${now}`);
  return `the target changed since the plan: ${tables.total} tables (${shown.join(", ")}), ` +
    `${schema?.total ?? "unknown"} facts of schema and privileges`;
}
