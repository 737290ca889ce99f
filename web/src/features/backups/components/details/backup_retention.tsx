import { useState } from "react";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { DEFAULT_POLICY, retentionBackupOf } from "@backup/retention/policy.ts";
import { planRetention } from "@backup/retention/retention.ts";
import { policyText, retentionText } from "@backup/retention/text.ts";
import { isSample } from "@backup/vault/sample.ts";
import { Button } from "../../../../components/ui/button.tsx";
import { Notice } from "../../../../components/ui/notice.tsx";
import { formatInstant } from "../../../../lib/format.ts";
import { useVaultContent, type VaultContent } from "../../data/list_backups.ts";
import { isInVault } from "../../model/restorable.ts";
import type { RowContext } from "../backup_parts.tsx";
import { Loaded } from "../loaded.tsx";
import { HoldForm } from "./hold_form.tsx";
import { Section } from "./section.tsx";

interface RetentionProps extends Pick<RowContext, "now" | "disabledReason"> {
  backup: BackupRow;
}

/** Until when retention keeps a backup and why; places and releases a hold. */
export function BackupRetention({ backup, now, disabledReason }: RetentionProps) {
  const query = useVaultContent(backup.target);
  if (!isInVault(backup)) return null;
  return (
    <Section title="Até quando fica">
      <Loaded
        query={query}
        lines={2}
        loading="Calculando a retenção"
        failed="Não foi possível saber até quando este backup fica."
      >
        {(content) => <RetentionDecision backup={backup} content={content} now={now} />}
      </Loaded>
      {!isSample(backup) && <Holding backup={backup} now={now} disabledReason={disabledReason} />}
    </Section>
  );
}

function RetentionDecision(
  { backup, content, now }: { backup: BackupRow; content: VaultContent; now: Date },
) {
  const decision = planRetention(
    content.backups.map((row) => retentionBackupOf(row, { storedAt: null, isTrusted: !row.is_unsigned })),
    DEFAULT_POLICY,
    now,
    {
      inUse: new Set<string>(),
    },
  ).find(({ key }) => key === backup.r2_key);
  if (content.cut || decision === undefined) {
    return (
      <p className="text-muted">Há backups demais para dizer aqui; a simulação da limpeza no GitHub diz.</p>
    );
  }
  return (
    <>
      <p>{retentionText(decision)}</p>
      <p className="text-muted">{policyText(DEFAULT_POLICY)}</p>
    </>
  );
}

function Holding({ backup, now, disabledReason }: RetentionProps) {
  const [editing, setEditing] = useState(false);
  const { hold_until: until, hold_reason: reason, held_by: by } = backup;
  const isHeld = until !== null && Date.parse(until) > now.getTime();
  if (editing) {
    return <HoldForm backup={backup} isHeld={isHeld} now={now} onDone={() => setEditing(false)} />;
  }
  return (
    <div className="space-y-2">
      {isHeld && (
        <Notice tone="info" title={`Retido até ${formatInstant(new Date(until))}`}>
          {reason}
          {by !== null && ` (${by})`}
        </Notice>
      )}
      <Button
        size="small"
        disabled={disabledReason !== null}
        title={disabledReason ?? undefined}
        onClick={() => setEditing(true)}
      >
        {isHeld ? "Liberar…" : "Reter…"}
      </Button>
    </div>
  );
}
