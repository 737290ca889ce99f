import type { BackupRow } from "@backup/vault/catalog.ts";
import { formatAgo, formatCounted, formatInstant } from "../../../lib/format.ts";
import { ProofBadge } from "../components/badges.tsx";
import { sizeOf } from "../components/backup_parts.tsx";
import { modeName, targetName } from "../text/labels.ts";

/** Identifies the backup to restore. */
export function BackupSummary({ backup }: { backup: BackupRow }) {
  const instant = new Date(backup.created_at);
  const contents = [
    modeName(backup.mode),
    backup.tables_total === null ? null : formatCounted(backup.tables_total, "tabela", "tabelas"),
    backup.rows_total === null ? null : formatCounted(backup.rows_total, "registro", "registros"),
    sizeOf(backup.bytes),
  ].filter((part) => part !== null);
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 rounded-md bg-sunken p-3">
      <div className="min-w-0">
        <p className="font-semibold">
          {targetName(backup.target)}, {formatInstant(instant)}{" "}
          <span className="font-normal text-muted">({formatAgo(instant, new Date())})</span>
        </p>
        <p className="text-muted">{contents.join(" · ")}</p>
        {backup.label !== null && <p className="wrap-anywhere text-muted">Etiqueta: {backup.label}</p>}
      </div>
      <ProofBadge backup={backup} explained={false} />
    </div>
  );
}
