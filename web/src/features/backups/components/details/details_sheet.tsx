import type { BackupRow } from "@backup/vault/catalog.ts";
import { Dialog, DialogBody } from "../../../../components/ui/dialog.tsx";
import { useBackupOfKey } from "../../data/undoable_restores.ts";
import { targetName } from "../../text/labels.ts";
import { nameOf, RestoreButton, type RowContext, States } from "../backup_parts.tsx";
import { ProofBadge } from "../badges.tsx";
import { DrillButton } from "../drill_button.tsx";
import { Loaded } from "../loaded.tsx";
import { EmptyPanel } from "../panel.tsx";
import { RejectedNotice } from "../rejected_notice.tsx";
import { UnsignedNotice } from "../unsigned_notice.tsx";
import { BackupFacts } from "./backup_facts.tsx";
import { BackupRetention } from "./backup_retention.tsx";
import { BackupRuns } from "./backup_runs.tsx";
import { CompareBackups } from "./compare_backups.tsx";
import { ManifestTables } from "./manifest_tables.tsx";
import { LookInside } from "./look_inside.tsx";
import { DownloadBackup } from "./download_backup.tsx";
import { Recovery } from "./recovery.tsx";
import { HelpIcon } from "../help_link.tsx";

interface DetailsSheetProps extends RowContext {
  backupKey: string;
  onClose(): void;
}

/** The details of one backup, in a side sheet. Its key is in the URL, so that a link opens it. */
export default function DetailsSheet({ backupKey, onClose, ...context }: DetailsSheetProps) {
  const query = useBackupOfKey(backupKey);
  return (
    <Dialog
      title={query.data ? `Backup: ${nameOf(query.data)}` : "Backup"}
      description={query.data ? subtitleOf(query.data) : "Detalhes"}
      help={<HelpIcon page="README.md#palavras">O que quer dizer cada palavra</HelpIcon>}
      placement="side"
      wide
      onClose={onClose}
    >
      <DialogBody>
        <Loaded
          query={query}
          lines={6}
          loading="Carregando os detalhes"
          failed="Não foi possível carregar os detalhes deste backup."
        >
          {(backup) =>
            backup === null
              ? (
                <EmptyPanel title="O histórico não tem este backup.">
                  A chave do endereço pode estar incompleta:{" "}
                  <code className="wrap-anywhere">{backupKey}</code>
                </EmptyPanel>
              )
              : <Details backup={backup} {...context} />}
        </Loaded>
      </DialogBody>
    </Dialog>
  );
}

function subtitleOf({ label, target }: BackupRow): string {
  return label === null ? `Banco: ${targetName(target)}` : `Etiqueta: ${label}`;
}

function Details({ backup, ...context }: { backup: BackupRow } & RowContext) {
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="flex flex-wrap gap-2">
          <ProofBadge backup={backup} />
          <States backup={backup} />
        </span>
        <span className="flex flex-wrap gap-2">
          <DrillButton backup={backup} disabledReason={context.disabledReason} />
          <RestoreButton
            backup={backup}
            disabledReason={context.disabledReason}
            onRestore={context.onRestore}
          />
        </span>
      </div>
      <UnsignedNotice backup={backup} />
      <RejectedNotice backup={backup} />
      <BackupFacts backup={backup} />
      <BackupRetention key={`${backup.hold_until}`} backup={backup} {...context} />
      <ManifestTables backupKey={backup.r2_key} />
      <CompareBackups key={backup.r2_key} backup={backup} />
      <BackupRuns backupKey={backup.r2_key} now={context.now} />
      <LookInside key={`look ${backup.r2_key}`} backup={backup} disabledReason={context.disabledReason} />
      <DownloadBackup
        key={`download ${backup.r2_key}`}
        backup={backup}
        disabledReason={context.disabledReason}
      />
      <Recovery backup={backup} />
    </>
  );
}
