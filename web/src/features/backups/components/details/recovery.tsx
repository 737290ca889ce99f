import type { BackupRow } from "@backup/vault/catalog.ts";
import { siblingKeys, tryParseArchiveKey } from "@backup/vault/object_key.ts";
import { recoverySteps } from "@backup/vault/recovery.ts";
import { CopyButton } from "../../../../components/ui/copy_button.tsx";
import { Section } from "./section.tsx";

/** How to restore without this screen, GitHub or Supabase: the vault's key and standard tools are enough. */
export function Recovery({ backup }: { backup: BackupRow }) {
  if (tryParseArchiveKey(backup.r2_key) === null) {
    return (
      <Section title="Recuperar sem este sistema">
        <p className="text-muted">
          A chave não segue o padrão do cofre: baixe o objeto pelo painel da Cloudflare.
        </p>
      </Section>
    );
  }
  return (
    <Section title="Recuperar sem este sistema">
      <p className="text-muted">
        Bastam a chave do cofre e as ferramentas do PostgreSQL. As instruções completas deste backup (papéis,
        extensões, projeto novo do Supabase) estão no cofre, ao lado dele: <Instructions backup={backup} />
      </p>
      <RecoverySteps bucket={backup.r2_bucket} backupKey={backup.r2_key} sha256={backup.sha256} />
    </Section>
  );
}

interface RecoveryStepsProps {
  bucket: string;
  backupKey: string;
  sha256: string | null;
}

/** The commands that restore a backup with the vault's key and standard tools. */
export function RecoverySteps({ bucket, backupKey, sha256 }: RecoveryStepsProps) {
  const steps = recoverySteps({ bucket, key: backupKey, sha256 });
  return (
    <ol className="space-y-3">
      {steps.map(({ what, commands }, index) => (
        <li key={what} className="space-y-1">
          <p>{index + 1}. {what}</p>
          <div className="flex items-start gap-1 rounded-md bg-sunken p-2">
            <pre className="min-w-0 flex-1 py-1 text-xs wrap-anywhere whitespace-pre-wrap">
                <code>{commands.join("\n")}</code>
            </pre>
            <CopyButton text={commands.join("\n")} what={`os comandos do passo ${index + 1}`} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function Instructions({ backup }: { backup: BackupRow }) {
  const { recovery } = siblingKeys(backup.r2_key);
  return (
    <span className="inline-flex max-w-full items-center gap-1 text-ink">
      <code className="min-w-0 text-xs wrap-anywhere">{recovery}</code>
      <CopyButton text={recovery} what="a chave das instruções" />
    </span>
  );
}
