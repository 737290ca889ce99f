/** Pieces of a backup's row that the table and the cards share. */

import type { BackupRow } from "../../../../../supabase/functions/_shared/backup/catalog.ts";
import { Button } from "../../../components/ui/button.tsx";
import { CopyButton } from "../../../components/ui/copy_button.tsx";
import { Instant } from "../../../components/ui/instant.tsx";
import { formatBytes, formatInstant } from "../../../lib/format.ts";
import { restoreHindrance } from "../restorable.ts";
import { targetName } from "../words.ts";

/** What the rows need to know from around them. */
export interface RowSurroundings {
  now: Date;
  /** Why nothing may be restored at all, `null` when it may. */
  hindrance: string | null;
  onRestore(backup: BackupRow): void;
}

export function When({ backup, now }: { backup: BackupRow; now: Date }) {
  return (
    <>
      <span className="block font-medium whitespace-nowrap">
        <Instant at={backup.created_at} now={now} />
      </span>
      <span className="block text-xs whitespace-nowrap text-muted">
        <Instant at={backup.created_at} now={now} as="full" />
      </span>
    </>
  );
}

/** A name for the row that no other row has, for whoever cannot see which row a button is in. */
export function nameOf(backup: BackupRow): string {
  return `${targetName(backup.target)}, ${formatInstant(new Date(backup.created_at))}`;
}

export function sizeOf(bytes: number | null): string {
  return bytes === null ? "—" : formatBytes(bytes);
}

/** The archive's name without its folder. */
export function fileOf(backup: BackupRow): string {
  return backup.r2_key.slice(backup.r2_key.lastIndexOf("/") + 1);
}

export function RestoreButton(
  { backup, hindrance, onRestore }: { backup: BackupRow } & Omit<RowSurroundings, "now">,
) {
  const reason = hindrance ?? restoreHindrance(backup);
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

export function Sha256({ backup, whole = false }: { backup: BackupRow; whole?: boolean }) {
  if (backup.sha256 === null) return <>—</>;
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code className="min-w-0 text-xs wrap-anywhere" title={backup.sha256}>
        {whole ? backup.sha256 : `${backup.sha256.slice(0, 8)}…`}
      </code>
      <CopyButton text={backup.sha256} what="o sha256" />
    </span>
  );
}
