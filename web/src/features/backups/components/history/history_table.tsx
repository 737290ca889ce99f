import type { BackupRow } from "@backup/vault/catalog.ts";
import type { Run } from "@backup/runs/run.ts";
import { classNames } from "../../../../lib/class_names.ts";
import { formatBytes, formatDuration } from "../../../../lib/format.ts";
import { useMediaQuery } from "../../../../lib/use_media_query.ts";
import type { HistoryItem } from "../../model/history_items.ts";
import { runDuration } from "../../model/run_result.ts";
import { byRequester, modeName, requesterName, targetName } from "../../text/labels.ts";
import { nameOf, RestoreButton, type RowContext, sizeOf, States, When } from "../backup_parts.tsx";
import { ProofBadge, RunStatusBadge } from "../badges.tsx";
import { DetailsButton } from "./details_button.tsx";
import { RunCause } from "./lazy_run_cause.tsx";

/** Props of the table and the cards. */
export interface RowsProps extends RowContext {
  items: readonly HistoryItem[];
  onDetails(key: string): void;
}

interface Column {
  name: string;
  className?: string;
  /** Hidden on narrower screens; the details show it. */
  from?: "wide" | "roomy";
}

const WIDE = "(min-width: 70rem)";
const ROOMY = "(min-width: 85rem)";
const COLUMNS: readonly Column[] = [
  { name: "Quando", className: "pl-4" },
  { name: "Banco" },
  { name: "Modo", from: "roomy" },
  { name: "Etiqueta", from: "wide" },
  { name: "Quem", from: "wide" },
  { name: "Duração", className: "text-right", from: "roomy" },
  { name: "Tamanho", className: "text-right" },
  { name: "Prova" },
  { name: "Estado", from: "wide" },
];
/** Runs have no size and no proof. */
const RUN_COLUMNS: readonly Column[] = [
  { name: "Quando", className: "pl-4" },
  { name: "Banco" },
  { name: "O que aconteceu" },
  { name: "Estado" },
];
const CELL = "px-2 py-2.5 align-middle";
const FIRST_CELL = "py-2.5 pr-2 pl-4 align-middle";

/** The history as a table: all columns on wide screens, label and state below others on a tablet. */
export function HistoryTable({ items, ...context }: RowsProps) {
  const isWide = useMediaQuery(WIDE);
  const isRoomy = useMediaQuery(ROOMY);
  const onlyRuns = items.every(({ type }) => type === "run");
  const columns = onlyRuns
    ? RUN_COLUMNS
    : COLUMNS.filter(({ from }) => from === undefined || (from === "wide" ? isWide : isRoomy));
  return (
    <table className="w-full border-collapse text-left">
      <caption className="sr-only">Histórico, na ordem escolhida</caption>
      <thead className="text-xs text-muted">
        <tr className="border-b border-line">
          {columns.map(({ name, className }) => (
            <th
              key={name}
              scope="col"
              className={classNames("px-2 py-2 font-medium whitespace-nowrap", className)}
            >
              {name}
            </th>
          ))}
          <th scope="col" className="py-2 pr-4">
            <span className="sr-only">Ações</span>
          </th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {items.map((item) =>
          item.type === "backup"
            ? (
              <BackupTableRow
                key={item.id}
                backup={item.backup}
                isWide={isWide}
                isRoomy={isRoomy}
                {...context}
              />
            )
            : (
              <RunTableRow
                key={item.id}
                run={item.run}
                columns={columns.length}
                stateSpan={onlyRuns || isWide ? 2 : 1}
                now={context.now}
                onDetails={context.onDetails}
              />
            )
        )}
      </tbody>
    </table>
  );
}

type BackupRowProps = { backup: BackupRow; isWide: boolean; isRoomy: boolean } & Omit<RowsProps, "items">;

function BackupTableRow(
  { backup, isWide, isRoomy, now, disabledReason, onRestore, onDetails }: BackupRowProps,
) {
  return (
    <tr className="hover:bg-sunken">
      <td className={FIRST_CELL}>
        <When at={backup.created_at} now={now} />
      </td>
      <td className={classNames(CELL, isWide && "whitespace-nowrap")}>
        {targetName(backup.target)}
        {!isWide && backup.label !== null && (
          <span className="block text-xs wrap-anywhere text-muted">{backup.label}</span>
        )}
      </td>
      {isRoomy && <td className={classNames(CELL, "whitespace-nowrap")}>{modeName(backup.mode)}</td>}
      {isWide && (
        <>
          <td className={CELL}>
            {backup.label === null
              ? <span className="text-muted">—</span>
              : (
                <span className={classNames("block wrap-anywhere", isRoomy ? "w-44" : "w-32")}>
                  {backup.label}
                </span>
              )}
          </td>
          <td className={classNames(CELL, "max-w-40 truncate")} title={backup.requested_by ?? undefined}>
            {requesterName(backup.requested_by)}
          </td>
        </>
      )}
      {isRoomy && (
        <td className={classNames(CELL, "text-right whitespace-nowrap tabular-nums")}>
          {backup.duration_ms === null ? "—" : formatDuration(backup.duration_ms)}
        </td>
      )}
      <td className={classNames(CELL, "text-right whitespace-nowrap tabular-nums")}>
        <Sizes backup={backup} />
      </td>
      <td className={CELL}>
        <span className="flex flex-wrap gap-1">
          <ProofBadge backup={backup} />
          {!isWide && <States backup={backup} onlyUnusual />}
        </span>
      </td>
      {isWide && (
        <td className={CELL}>
          <span className={classNames("flex gap-1", !isRoomy && "flex-wrap")}>
            <States backup={backup} />
          </span>
        </td>
      )}
      <td className="py-2.5 pr-4 pl-2">
        <span className="flex items-center justify-end gap-1">
          <DetailsButton what={nameOf(backup)} onOpen={() => onDetails(backup.r2_key)} />
          <RestoreButton backup={backup} disabledReason={disabledReason} onRestore={onRestore} />
        </span>
      </td>
    </tr>
  );
}

/** Stored size and size before compression. */
function Sizes({ backup }: { backup: BackupRow }) {
  return (
    <>
      <span className="block">{sizeOf(backup.bytes)}</span>
      {backup.raw_bytes !== null && (
        <span className="block text-xs text-muted" title="Sem compressão">
          de {formatBytes(backup.raw_bytes, { aligned: true })}
        </span>
      )}
    </>
  );
}

interface RunRowProps extends Pick<RowsProps, "now" | "onDetails"> {
  run: Run;
  /** Columns of the table without the actions. */
  columns: number;
  /** Columns of the state, the last of the table: on a tablet the outcome needs all others. */
  stateSpan: number;
}

/** The outcome of a run; among backups it spans the columns that a run does not have. */
function RunTableRow(
  { run, columns, stateSpan, now, onDetails }: RunRowProps,
) {
  const duration = runDuration(run);
  return (
    <tr className="hover:bg-sunken">
      <td className={FIRST_CELL}>
        <When at={run.created_at} now={now} />
      </td>
      <td className={classNames(CELL, "whitespace-nowrap")}>{targetName(run.target)}</td>
      <td className={CELL} colSpan={columns - 1 - stateSpan}>
        <RunCause run={run} onDetails={onDetails} />
        <p className="text-muted">
          Pedido {byRequester(run.requested_by)}
          {duration !== null && `, ${formatDuration(duration)}`}
        </p>
      </td>
      <td className={CELL} colSpan={stateSpan}>
        <RunStatusBadge run={run} />
      </td>
    </tr>
  );
}
