import type { BackupRow } from "@backup/vault/catalog.ts";
import type { Run } from "@backup/runs/run.ts";
import { formatDuration } from "../../../../lib/format.ts";
import { runDuration } from "../../model/run_result.ts";
import { modeName, requesterName, runTitle, targetName } from "../../text/labels.ts";
import { nameOf, RestoreButton, sizeOf, States, When } from "../backup_parts.tsx";
import { ProofBadge, RunStatusBadge } from "../badges.tsx";
import { DetailsButton } from "./details_button.tsx";
import type { RowsProps } from "./history_table.tsx";
import { RunCause } from "./lazy_run_cause.tsx";

/** The history as cards, for narrow screens. */
export function HistoryCards({ items, ...context }: RowsProps) {
  return (
    <ul className="divide-y divide-line">
      {items.map((item) =>
        item.type === "backup"
          ? <BackupCard key={item.id} backup={item.backup} {...context} />
          : <RunCard key={item.id} run={item.run} now={context.now} onDetails={context.onDetails} />
      )}
    </ul>
  );
}

type BackupCardProps = { backup: BackupRow } & Omit<RowsProps, "items">;

function BackupCard({ backup, now, disabledReason, onRestore, onDetails }: BackupCardProps) {
  const facts = [
    targetName(backup.target),
    modeName(backup.mode),
    sizeOf(backup.bytes),
    backup.duration_ms === null ? "—" : `em ${formatDuration(backup.duration_ms)}`,
    requesterName(backup.requested_by),
    backup.label ?? "—",
  ];
  return (
    <li aria-label={nameOf(backup)} className="space-y-1 px-4 py-2">
      <div className="flex items-start justify-between gap-3">
        <div>
          <When at={backup.created_at} now={now} />
        </div>
        <span className="flex flex-wrap justify-end gap-1">
          <ProofBadge backup={backup} />
          <States backup={backup} onlyUnusual />
        </span>
      </div>
      <p className="text-muted wrap-anywhere">{facts.filter((fact) => fact !== "—").join(" · ")}</p>
      <div className="-ml-3 flex justify-between gap-2">
        <DetailsButton what={nameOf(backup)} onOpen={() => onDetails(backup.r2_key)} />
        <RestoreButton backup={backup} disabledReason={disabledReason} onRestore={onRestore} />
      </div>
    </li>
  );
}

function RunCard({ run, now, onDetails }: { run: Run } & Pick<RowsProps, "now" | "onDetails">) {
  const duration = runDuration(run);
  const facts = [
    targetName(run.target),
    requesterName(run.requested_by),
    duration === null ? null : `em ${formatDuration(duration)}`,
  ];
  return (
    <li aria-label={runTitle(run)} className="space-y-1 px-4 py-2">
      <div className="flex items-start justify-between gap-3">
        <div>
          <When at={run.created_at} now={now} />
        </div>
        <RunStatusBadge run={run} />
      </div>
      <p className="wrap-anywhere">{facts.filter((fact) => fact !== null).join(" · ")}</p>
      <RunCause run={run} onDetails={onDetails} />
    </li>
  );
}
