import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import type { BackupRow } from "../../../../../supabase/functions/_shared/backup/catalog.ts";
import { CopyButton } from "../../../components/ui/copy_button.tsx";
import { classNames } from "../../../lib/class_names.ts";
import { askerName, modeName, targetName } from "../words.ts";
import { BackupDetails } from "./backup_details.tsx";
import {
  fileOf,
  nameOf,
  RestoreButton,
  type RowSurroundings,
  Sha256,
  sizeOf,
  When,
} from "./backup_parts.tsx";
import { BackupStatusBadge, ProofBadge } from "./badges.tsx";

/** Where there is no room for a column, the row's details have it. */
const WIDE_ONLY = "hidden min-[87.5rem]:table-cell";
const COLUMNS = [
  { name: "Quando" },
  { name: "Alvo" },
  { name: "Modo", className: WIDE_ONLY },
  { name: "Etiqueta" },
  { name: "Tamanho", className: "text-right" },
  { name: "sha256", className: WIDE_ONLY },
  { name: "Chave", className: WIDE_ONLY },
  { name: "Quem" },
  { name: "Prova" },
  { name: "Estado" },
] as const satisfies { name: string; className?: string }[];

const CELL = "px-2 py-2.5 align-middle";

/** The history as a table, for wide screens. */
export function BackupTable({ rows, ...around }: { rows: BackupRow[] } & RowSurroundings) {
  return (
    <table className="w-full border-collapse text-left">
      <caption className="sr-only">Backups, do mais novo ao mais antigo</caption>
      <thead className="text-xs text-muted">
        <tr className="border-b border-line">
          <th scope="col" className="w-10 py-2 pl-3">
            <span className="sr-only">Detalhes</span>
          </th>
          {COLUMNS.map((column) => (
            <th
              key={column.name}
              scope="col"
              className={classNames(
                "px-2 py-2 font-medium whitespace-nowrap",
                "className" in column && column.className,
              )}
            >
              {column.name}
            </th>
          ))}
          <th scope="col" className="py-2 pr-4">
            <span className="sr-only">Ações</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((backup) => <Row key={backup.id} backup={backup} {...around} />)}
      </tbody>
    </table>
  );
}

function Row({ backup, now, hindrance, onRestore }: { backup: BackupRow } & RowSurroundings) {
  const [open, setOpen] = useState(false);
  const detailsId = `detalhes-${backup.id}`;
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <>
      <tr className={classNames("border-b border-line", open ? "bg-sunken" : "hover:bg-sunken")}>
        <td className="py-2.5 pl-3">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={open ? detailsId : undefined}
            aria-label={`Detalhes (${nameOf(backup)})`}
            onClick={() => setOpen(!open)}
            className="inline-flex size-7 items-center justify-center rounded text-muted hover:text-ink"
          >
            <Chevron aria-hidden className="size-4" />
          </button>
        </td>
        <Cells backup={backup} now={now} />
        <td className="py-2.5 pr-4 pl-2 text-right">
          <RestoreButton backup={backup} hindrance={hindrance} onRestore={onRestore} />
        </td>
      </tr>
      {open && (
        <tr id={detailsId} className="border-b border-line bg-sunken">
          <td />
          <td colSpan={COLUMNS.length + 1} className="px-2 pt-1 pb-4">
            <BackupDetails backup={backup} />
          </td>
        </tr>
      )}
    </>
  );
}

function Cells({ backup, now }: { backup: BackupRow; now: Date }) {
  return (
    <>
      <td className={CELL}>
        <When backup={backup} now={now} />
      </td>
      <td className={classNames(CELL, "whitespace-nowrap")}>{targetName(backup.target)}</td>
      <td className={classNames(CELL, WIDE_ONLY, "whitespace-nowrap")}>{modeName(backup.mode)}</td>
      <td className={CELL}>
        {backup.label === null ? <None /> : <span className="block w-32 wrap-anywhere">{backup.label}</span>}
      </td>
      <td className={classNames(CELL, "text-right whitespace-nowrap tabular-nums")}>
        {sizeOf(backup.bytes)}
      </td>
      <td className={classNames(CELL, WIDE_ONLY, "whitespace-nowrap")}>
        <Sha256 backup={backup} />
      </td>
      <td className={classNames(CELL, WIDE_ONLY)}>
        <span className="flex max-w-32 items-center gap-1">
          <code className="truncate text-xs" title={backup.r2_key}>{fileOf(backup)}</code>
          <CopyButton text={backup.r2_key} what="a chave" />
        </span>
      </td>
      <td className={classNames(CELL, "max-w-36 truncate")} title={backup.requested_by ?? undefined}>
        {askerName(backup.requested_by)}
      </td>
      <td className={CELL}>
        <ProofBadge backup={backup} />
      </td>
      <td className={CELL}>
        <BackupStatusBadge status={backup.status} />
      </td>
    </>
  );
}

function None() {
  return <span className="text-muted">—</span>;
}
