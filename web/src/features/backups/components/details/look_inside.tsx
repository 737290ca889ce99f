import { zodResolver } from "@hookform/resolvers/zod";
import { useContext, useEffect, useRef, useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { type SealedOrder, searchSchema } from "@backup/look/order.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { Button } from "../../../../components/ui/button.tsx";
import { ExternalLink } from "../../../../components/ui/external_link.tsx";
import { Field, Input, Select } from "../../../../components/ui/field.tsx";
import { formatCounted } from "../../../../lib/format.ts";
import { useManifest } from "../../data/backup_manifest.ts";
import { useFeatures } from "../../data/download.ts";
import { useLook } from "../../data/look.ts";
import { LookKeyContext } from "../../data/look_key.ts";
import { notStoredReason } from "../../model/restorable.ts";
import { lookReasonSchema } from "../../text/reason.ts";
import { ErrorPanel } from "../error_panel.tsx";
import { FoundRows } from "./found_rows.tsx";
import { Section } from "./section.tsx";

interface LookInsideProps {
  backup: BackupRow;
  disabledReason: string | null;
}

/** Rows of a backup, without a restore: where the installation has keys for it, and the host has the public one. */
export function LookInside({ backup, disabledReason }: LookInsideProps) {
  const [asking, setAsking] = useState(false);
  const publicKey = useContext(LookKeyContext);
  const features = useFeatures(publicKey !== null);
  if (publicKey === null || features.data?.look !== true || notStoredReason(backup) !== null) return null;
  return (
    <Section title="Olhar dentro">
      <p className="text-muted">
        Veja registros deste backup sem restaurar nada. Ficam na auditoria: o seu nome, o motivo, a tabela,
        quantos registros vieram e um código do que você digitou, que não se lê de volta. O texto e os
        registros, não. Os dados pessoais vêm cobertos até você pedir. Quem pode restaurar em Desenvolvimento
        vê tudo isto de qualquer forma.
      </p>
      {asking
        ? <Asking backupKey={backup.r2_key} publicKey={publicKey} onClose={() => setAsking(false)} />
        : (
          <Button
            size="small"
            disabled={disabledReason !== null}
            title={disabledReason ?? undefined}
            onClick={() => setAsking(true)}
          >
            Olhar dentro…
          </Button>
        )}
    </Section>
  );
}

const formSchema = z.object({
  reason: lookReasonSchema,
  search: z.string().trim().refine(
    (text) => text === "" || searchSchema.safeParse(text).success,
    "São de 3 a 200 caracteres.",
  ),
  table: z.string(),
}).refine(({ search, table }) => search !== "" || table !== "", {
  path: ["search"],
  message: "Escreva o que procurar, ou escolha uma tabela.",
});

interface AskingProps {
  backupKey: string;
  publicKey: string;
  onClose(): void;
}

function Asking({ backupKey, publicKey, onClose }: AskingProps) {
  const { view, ask, forget } = useLook(backupKey, publicKey);
  const place = useRef<HTMLDivElement>(null);
  // what had the focus is no longer there
  useEffect(() => {
    if (view.phase !== "idle") place.current?.focus({ preventScroll: true });
  }, [view.phase]);
  const form = useForm({
    resolver: zodResolver(formSchema),
    defaultValues: { reason: "", search: "", table: "" },
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit(({ search, table, reason }) =>
    ask({ table: table || null, search: search || null, page: 1, show: false }, reason)
  );
  const again = (order: SealedOrder) => ask(order, form.getValues("reason").trim());
  const erase = () => {
    forget();
    form.setValue("search", "");
  };
  return (
    <div ref={place} tabIndex={-1} className="space-y-3 rounded-md border border-line p-3 outline-none">
      {view.phase === "waiting" && (
        <div className="space-y-2">
          <p role="status">
            {view.isReading
              ? "O GitHub está lendo o backup…"
              : "O GitHub está preparando a leitura: costuma levar cerca de um minuto."}{" "}
            Fechar esta página descarta a resposta.
          </p>
          <div className="flex flex-wrap items-center gap-3">
            <Button size="small" onClick={forget}>Cancelar a consulta</Button>
            {view.runUrl !== null && <ExternalLink href={view.runUrl}>Ver no GitHub</ExternalLink>}
          </div>
        </div>
      )}
      {view.phase === "answered" && (
        <FoundRows answer={view.answer} order={view.order} onAsk={again} onErase={erase} />
      )}
      {(view.phase === "idle" || view.phase === "failed") && (
        <form
          onSubmit={submit}
          noValidate
          autoComplete="off"
          aria-label="Olhar dentro do backup"
          className="space-y-3"
        >
          <Field
            label="CPF, nome, número do pedido"
            optional
            error={errors.search?.message}
            hint="Em todas as tabelas, exatamente como está gravado; em uma tabela, sem diferença de acentos e maiúsculas."
          >
            {(control) => <Input {...control} {...form.register("search")} maxLength={200} />}
          </Field>
          <Field label="Onde">
            {(control) => (
              <Select {...control} {...form.register("table")} className="w-full">
                <Tables backupKey={backupKey} />
              </Select>
            )}
          </Field>
          <Field
            label="Motivo"
            error={errors.reason?.message}
            hint="Entra na auditoria com o seu nome, antes de qualquer registro aparecer."
          >
            {(control) => <Input {...control} {...form.register("reason")} maxLength={500} />}
          </Field>
          {view.phase === "failed" && (
            <ErrorPanel title="A consulta não foi respondida." error={view.error} />
          )}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" variant="primary" size="small">Consultar</Button>
            <Button size="small" onClick={onClose}>Fechar</Button>
          </div>
        </form>
      )}
    </div>
  );
}

/** The tables of the manifest; an older one does not name them, and all are searched. */
function Tables({ backupKey }: { backupKey: string }) {
  const { data } = useManifest(backupKey);
  const rows = data && isProving(data) ? Object.entries(data.rows) : [];
  const tables = rows.filter(([, count]) => count > 0).toSorted(([a], [b]) => a < b ? -1 : 1);
  return (
    <>
      <option value="">Em todas as tabelas</option>
      {tables.map(([name, count]) => (
        <option key={name} value={name}>{name} ({formatCounted(count, "registro", "registros")})</option>
      ))}
    </>
  );
}
