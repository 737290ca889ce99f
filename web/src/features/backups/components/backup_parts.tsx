/** Parts of a backup that the table, the cards and the details share. */

import { FlaskConical } from "lucide-react";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { isSample } from "@backup/vault/sample.ts";
import { Badge } from "../../../components/ui/badge.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { Instant } from "../../../components/ui/instant.tsx";
import { formatBytes, formatInstant } from "../../../lib/format.ts";
import { restoreDisabledReason } from "../model/restorable.ts";
import { targetName } from "../text/labels.ts";
import { BackupStatusBadge } from "./badges.tsx";

/** Context of a row of the history. */
export interface RowContext {
  now: Date;
  /** Why the user may not restore anything, `null` when restoring is allowed. */
  disabledReason: string | null;
  onRestore(backup: BackupRow): void;
}

/** An instant as age and local time; its title has UTC too. */
export function When({ at, now }: { at: string; now: Date }) {
  return (
    <>
      <span className="block font-medium whitespace-nowrap">
        <Instant at={at} now={now} />
      </span>
      <span className="block text-xs whitespace-nowrap text-muted">
        <Instant at={at} now={now} as="full" />
      </span>
    </>
  );
}

/** A unique accessible name for a row: it tells screen readers to which row a button belongs. */
export function nameOf(backup: BackupRow): string {
  return `${targetName(backup.target)}, ${formatInstant(new Date(backup.created_at))}`;
}

export function sizeOf(bytes: number | null): string {
  return bytes === null ? "—" : formatBytes(bytes, { aligned: true });
}

/** Where a backup is, and whether it is a sample. `onlyUnusual`: without that it is in the vault, where room is scarce. */
export function States({ backup, onlyUnusual = false }: { backup: BackupRow; onlyUnusual?: boolean }) {
  return (
    <>
      {!(onlyUnusual && backup.status === "uploaded") && <BackupStatusBadge status={backup.status} />}
      {isSample(backup) && <Badge tone="neutral" icon={FlaskConical}>Amostra</Badge>}
    </>
  );
}

export function RestoreButton(
  { backup, disabledReason, onRestore }: { backup: BackupRow } & Omit<RowContext, "now">,
) {
  const reason = disabledReason ?? restoreDisabledReason(backup);
  return (
    <Button
      size="small"
      disabled={reason !== null}
      title={reason ?? undefined}
      aria-label={`Restaurar… (${nameOf(backup)})`}
      onClick={() => onRestore(backup)}
    >
      Restaurar…
    </Button>
  );
}
