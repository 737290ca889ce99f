import { useState } from "react";
import type { PlannedTable } from "@backup/runs/restore_plan.ts";
import type { Target } from "@backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { classNames } from "../../../lib/class_names.ts";
import { formatCount } from "../../../lib/format.ts";
import { targetName } from "../text/labels.ts";

const SHOWN = 8;
const NUMBER = "py-1 pl-3 text-right tabular-nums whitespace-nowrap";

interface PlanTablesProps {
  /** The tables listed in the plan. */
  tables: readonly PlannedTable[];
  total: number;
  target: Target;
}

/** Rows per table in the backup and in the target. */
export function PlanTables({ tables, total, target }: PlanTablesProps) {
  const [all, setAll] = useState(false);
  const shown = all ? tables : tables.slice(0, SHOWN);
  return (
    <>
      <table className="w-full border-collapse text-left">
        <caption className="sr-only">Registros por tabela, a maior perda primeiro</caption>
        <thead className="text-xs text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="py-1 font-medium">Tabela</th>
            <th scope="col" className={classNames(NUMBER, "font-medium")}>Hoje em {targetName(target)}</th>
            <th scope="col" className={classNames(NUMBER, "font-medium")}>No backup</th>
            <th scope="col" className={classNames(NUMBER, "font-medium")}>Diferença</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each) => (
            <tr key={each.table} className="border-b border-line last:border-0">
              <th scope="row" className="py-1 text-left font-normal">
                <code className="text-xs wrap-anywhere">{each.table}</code>
              </th>
              <td className={NUMBER}>{rowsText(each.target)}</td>
              <td className={NUMBER}>{rowsText(each.backup)}</td>
              <td className={classNames(NUMBER, (each.difference ?? 0) < 0 && "font-semibold text-bad")}>
                {differenceText(each.difference)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {!all && tables.length > SHOWN && (
        <Button variant="quiet" size="small" onClick={() => setAll(true)}>
          Mostrar {formatCount(tables.length - SHOWN)} mais
        </Button>
      )}
      {(all || tables.length <= SHOWN) && total > tables.length && (
        <p className="text-xs text-muted">e mais {formatCount(total - tables.length)}</p>
      )}
    </>
  );
}

function rowsText(rows: PlannedTable["backup"]): string {
  if (typeof rows === "number") return formatCount(rows);
  return rows === "absent" ? "não existe" : "não se sabe";
}

/** With its sign, as U+2212 when negative. */
function differenceText(difference: number | null): string {
  if (difference === null) return "não se sabe";
  if (difference < 0) return `−${formatCount(-difference)}`;
  return difference === 0 ? "0" : `+${formatCount(difference)}`;
}
