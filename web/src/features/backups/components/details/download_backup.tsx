import { zodResolver } from "@hookform/resolvers/zod";
import { Download } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { DOWNLOAD_LINK_SECONDS, type DownloadAnswer } from "@backup/api.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { isEncryptedKey } from "@backup/vault/object_key.ts";
import { Button } from "../../../../components/ui/button.tsx";
import { Field, Input } from "../../../../components/ui/field.tsx";
import { formatBytes, formatTime } from "../../../../lib/format.ts";
import { saveLink } from "../../../../lib/save_link.ts";
import { useNow } from "../../../../lib/use_now.ts";
import { useDownloadLinks, useFeatures } from "../../data/download.ts";
import { notStoredReason } from "../../model/restorable.ts";
import { compulsoryReasonSchema } from "../../text/reason.ts";
import { ErrorPanel } from "../error_panel.tsx";
import { HelpLink } from "../help_link.tsx";
import { Section } from "./section.tsx";

interface DownloadBackupProps {
  backup: BackupRow;
  disabledReason: string | null;
}

/** Saves a backup on this machine, where the installation permits it: reason, audit record, then links for minutes. */
export function DownloadBackup({ backup, disabledReason }: DownloadBackupProps) {
  const [asking, setAsking] = useState(false);
  const features = useFeatures();
  if (features.data?.download !== true || notStoredReason(backup) !== null) return null;
  return (
    <Section title="Baixar para esta máquina">
      <p className="text-muted">
        {isEncryptedKey(backup.r2_key)
          ? "O arquivo vem cifrado, como está no cofre: só a chave secreta o abre."
          : "São todos os dados da empresa num arquivo sem cifra: guarde-o num disco cifrado e apague-o depois."}
        {" "}
        <HelpLink page="backup-local.md">O que fazer com o arquivo</HelpLink>
      </p>
      {asking ? <Asking backup={backup} onCancel={() => setAsking(false)} /> : (
        <Button
          size="small"
          disabled={disabledReason !== null}
          title={disabledReason ?? undefined}
          onClick={() => setAsking(true)}
        >
          Baixar…
        </Button>
      )}
    </Section>
  );
}

/** How often it is looked whether the links have expired. */
const CLOCK_MS = 5_000;

const formSchema = z.object({ reason: compulsoryReasonSchema });

function Asking({ backup, onCancel }: { backup: BackupRow; onCancel(): void }) {
  const links = useDownloadLinks();
  const form = useForm({ resolver: zodResolver(formSchema), defaultValues: { reason: "" } });
  if (links.data !== undefined) {
    const until = links.submittedAt + DOWNLOAD_LINK_SECONDS * 1000;
    return <Links answer={links.data} backup={backup} until={until} onAgain={links.reset} />;
  }
  const submit = form.handleSubmit(({ reason }) => links.mutate({ key: backup.r2_key, reason }));
  return (
    <form
      onSubmit={submit}
      noValidate
      autoComplete="off"
      aria-label="Baixar o backup"
      className="space-y-3 rounded-md border border-line p-3"
    >
      <Field
        label="Motivo"
        error={form.formState.errors.reason?.message}
        hint="Entra na auditoria com o seu nome, antes de o arquivo ser liberado."
      >
        {(control) => <Input {...control} {...form.register("reason")} maxLength={500} />}
      </Field>
      {links.isError && <ErrorPanel title="O arquivo não foi liberado." error={links.error} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" size="small" pending={links.isPending}>
          Liberar o arquivo
        </Button>
        <Button size="small" disabled={links.isPending} onClick={onCancel}>Cancelar</Button>
      </div>
    </form>
  );
}

interface LinksProps {
  answer: DownloadAnswer;
  backup: BackupRow;
  /** By this machine's clock: an expired link would show the vault's refusal in place of the page. */
  until: number;
  onAgain(): void;
}

function Links({ answer: { archive, manifest }, backup, until, onAgain }: LinksProps) {
  const now = useNow(CLOCK_MS);
  if (now.getTime() >= until) {
    return (
      <div className="space-y-2 rounded-md border border-line p-3">
        <p role="status">O prazo para começar a baixar acabou.</p>
        <Button size="small" onClick={onAgain}>Pedir de novo</Button>
      </div>
    );
  }
  return (
    <div className="space-y-2 rounded-md border border-line p-3">
      <p role="status">
        Liberado até {formatTime(new Date(until))}; o que começar até lá termina. {manifest === null
          ? "O manifesto não está no cofre: sem ele não há como conferir o arquivo. Avise quem administra o sistema."
          : "Guarde os dois arquivos juntos: o manifesto diz o que o backup contém e confere o arquivo."}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" size="small" onClick={() => saveLink(archive.url, archive.file)}>
          <Download aria-hidden className="size-4" />
          Baixar o backup{backup.bytes !== null && ` (${formatBytes(backup.bytes)})`}
        </Button>
        {manifest !== null && (
          <Button
            size="small"
            onClick={() => saveLink(manifest.url, manifest.file)}
          >
            Baixar o manifesto
          </Button>
        )}
      </div>
    </div>
  );
}
