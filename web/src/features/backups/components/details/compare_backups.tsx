import { useState } from "react";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { isSample } from "@backup/vault/sample.ts";
import { Field, Select } from "../../../../components/ui/field.tsx";
import { formatCount, formatCounted, formatInstant } from "../../../../lib/format.ts";
import { useManifest } from "../../data/backup_manifest.ts";
import { useVaultContent } from "../../data/list_backups.ts";
import { compareManifests, type ManifestComparison } from "../../model/compare_manifests.ts";
import { Loaded } from "../loaded.tsx";
import { Section } from "./section.tsx";

/** The number of tables shown. */
const SHOWN = 20;

/** Compares the backup with another one of the same target, from the two manifests. */
export function CompareBackups({ backup }: { backup: BackupRow }) {
  const [other, setOther] = useState<BackupRow | null>(null);
  const content = useVaultContent(backup.target);
  const others = (content.data?.backups ?? []).filter((row) =>
    row.r2_key !== backup.r2_key && row.mode === backup.mode && !isSample(row)
  );
  if (isSample(backup) || others.length === 0) return null;
  return (
    <Section title="Comparar com outro backup">
      <Field
        label="Outro backup"
        hint="Compara os manifestos, sem ler os backups. Para comparar com o banco de agora, use “Restaurar…” e “Simular”."
      >
        {(control) => (
          <Select
            {...control}
            value={other?.r2_key ?? ""}
            onChange={({ target }) => setOther(others.find(({ r2_key }) => r2_key === target.value) ?? null)}
          >
            <option value="">Escolha…</option>
            {others.map((row) => <option key={row.r2_key} value={row.r2_key}>{optionText(row)}</option>)}
          </Select>
        )}
      </Field>
      {other !== null && <Compared key={other.r2_key} {...inOrder(backup, other)} />}
    </Section>
  );
}

function optionText({ created_at, label }: BackupRow): string {
  return formatInstant(new Date(created_at)) + (label === null ? "" : ` · ${label}`);
}

function inOrder(a: BackupRow, b: BackupRow) {
  return Date.parse(a.created_at) <= Date.parse(b.created_at)
    ? { older: a, newer: b }
    : { older: b, newer: a };
}

function Compared({ older, newer }: { older: BackupRow; newer: BackupRow }) {
  const before = useManifest(older.r2_key);
  const after = useManifest(newer.r2_key);
  const props = {
    lines: 3,
    loading: "Carregando os manifestos",
    failed: "Não foi possível carregar um manifesto.",
  };
  return (
    <Loaded query={before} {...props}>
      {(a) => (
        <Loaded query={after} {...props}>
          {(b) => <Outcome older={a} newer={b} rows={{ older, newer }} />}
        </Loaded>
      )}
    </Loaded>
  );
}

interface OutcomeProps {
  older: AnyManifest | null;
  newer: AnyManifest | null;
  rows: { older: BackupRow; newer: BackupRow };
}

function Outcome({ older, newer, rows }: OutcomeProps) {
  if (older === null || newer === null || !isProving(older) || !isProving(newer)) {
    return (
      <p className="text-muted">
        Um dos dois foi feito do modo antigo: o manifesto não diz o que ele contém.
      </p>
    );
  }
  const found = compareManifests(older, newer);
  return (
    <div role="status" className="space-y-2">
      <p>
        De {formatInstant(new Date(rows.older.created_at))} a{" "}
        {formatInstant(new Date(rows.newer.created_at))}: {formatCount(found.rows.before)} →{" "}
        {formatCount(found.rows.after)} registros.
      </p>
      <Structure found={found} />
      <Tables found={found} />
    </div>
  );
}

function Structure({ found: { areas, extensions, migration } }: { found: ManifestComparison }) {
  if (areas.length === 0 && extensions.length === 0 && migration === null) {
    return <p>Estrutura, donos e permissões: iguais.</p>;
  }
  return (
    <ul className="list-disc space-y-0.5 pl-5">
      {areas.length > 0 && (
        <li>Estrutura, donos ou permissões mudaram em: {areas.map(areaName).join(", ")}.</li>
      )}
      {extensions.length > 0 && <li>Extensões: {extensions.join(", ")}.</li>}
      {migration !== null && <li>Última migração: {migration.before} → {migration.after}.</li>}
    </ul>
  );
}

/** `-` is the area of what belongs to no schema; `~auth` an area of the platform. */
function areaName(area: string): string {
  return area === "-" ? "o banco em si" : area.replace(/^~/, "plataforma: ");
}

function Tables({ found: { tables, sameTables } }: { found: ManifestComparison }) {
  if (tables.length === 0) {
    return (
      <p>
        Nenhuma tabela tem mais nem menos registros ({formatCounted(
          sameTables,
          "tabela igual",
          "tabelas iguais",
        )}).
      </p>
    );
  }
  return (
    <>
      <table className="w-full">
        <caption className="sr-only">Tabelas com outro número de registros</caption>
        <thead className="text-left text-xs text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="py-1 font-medium">Tabela</th>
            <th scope="col" className="py-1 text-right font-medium">Antes</th>
            <th scope="col" className="py-1 text-right font-medium">Depois</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {tables.slice(0, SHOWN).map(({ name, before, after }) => (
            <tr key={name}>
              <td className="py-1 wrap-anywhere">
                <code className="text-xs">{name}</code>
              </td>
              <td className="py-1 text-right tabular-nums">
                {before === null ? "não havia" : formatCount(before)}
              </td>
              <td className="py-1 text-right tabular-nums">
                {after === null ? "não há mais" : formatCount(after)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="text-muted">
        {tables.length > SHOWN && `Mais ${formatCounted(tables.length - SHOWN, "tabela", "tabelas")}. `}
        {formatCounted(sameTables, "tabela tem o mesmo número", "tabelas têm o mesmo número")}{" "}
        de registros; o conteúdo delas pode ter mudado.
      </p>
    </>
  );
}
