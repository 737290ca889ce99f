/** The sum of the rows that a restore would remove; sessions and tokens of the platform do not count. */

import { isVolatileTable } from "@backup/vault/platform.ts";
import type { PlannedRestore, PlannedTable } from "@backup/runs/restore_plan.ts";

export interface PlannedLossSum {
  /** Rows that the target has in excess of the backup, summed per table. */
  lost: number;
  /** Tables that lose rows. */
  tables: number;
  /** Rows that the restore brings back. */
  gained: number;
  /** `false`: the plan does not list every table, so there may be more. */
  exact: boolean;
}

/** `null` when the backup does not record its rows. */
export function sumLoss({ tables }: PlannedRestore): PlannedLossSum | null {
  if (tables.backupRows === null) return null;
  const differences = tables.listed.filter(({ table }) => !isVolatileTable(table))
    .map(({ difference }) => difference ?? 0);
  const losses = differences.filter((difference) => difference < 0);
  return {
    lost: 0 - sum(losses), // never -0
    tables: losses.length,
    gained: sum(differences.filter((difference) => difference > 0)),
    exact: changedTables({ tables }).length === tables.different,
  };
}

/** Tables whose row counts differ or that exist on one side only; largest loss first, then gains. */
export function changedTables({ tables }: Pick<PlannedRestore, "tables">): PlannedTable[] {
  return tables.listed
    .filter(({ backup, target, difference }) =>
      difference !== 0 || (backup === "absent") !== (target === "absent")
    )
    .sort(byWeight);
}

/** Losses before gains, the larger before the smaller. */
function byWeight({ difference: a }: PlannedTable, { difference: b }: PlannedTable): number {
  const [first, second] = [a ?? 0, b ?? 0];
  return Math.min(first, 0) - Math.min(second, 0) || second - first;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
