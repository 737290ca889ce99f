import type { BackupRow } from "../../../../../supabase/functions/_shared/backup/catalog.ts";
import { askerName, modeName, targetName } from "../words.ts";
import { BackupDetails } from "./backup_details.tsx";
import { nameOf, RestoreButton, type RowSurroundings, sizeOf, When } from "./backup_parts.tsx";
import { BackupStatusBadge, ProofBadge } from "./badges.tsx";

/** The history as cards, for narrow screens. */
export function BackupCards({ rows, ...around }: { rows: BackupRow[] } & RowSurroundings) {
  return (
    <ul className="divide-y divide-line">
      {rows.map((backup) => <Card key={backup.id} backup={backup} {...around} />)}
    </ul>
  );
}

function Card({ backup, now, hindrance, onRestore }: { backup: BackupRow } & RowSurroundings) {
  const facts = [
    targetName(backup.target),
    modeName(backup.mode),
    sizeOf(backup.bytes),
    askerName(backup.requested_by),
  ];
  return (
    <li aria-label={nameOf(backup)} className="space-y-2 px-4 py-3">
      <div className="flex items-start justify-between gap-3">
        <div>
          <When backup={backup} now={now} />
        </div>
        <RestoreButton backup={backup} hindrance={hindrance} onRestore={onRestore} />
      </div>
      <p className="wrap-anywhere">{facts.filter((fact) => fact !== "—").join(" · ")}</p>
      {backup.label !== null && <p className="wrap-anywhere">Etiqueta: {backup.label}</p>}
      <p className="flex flex-wrap gap-2">
        <BackupStatusBadge status={backup.status} />
        <ProofBadge backup={backup} />
      </p>
      <details>
        <summary className="w-fit rounded py-1 text-accent underline underline-offset-2">Detalhes</summary>
        <div className="pt-2">
          <BackupDetails backup={backup} />
        </div>
      </details>
    </li>
  );
}
