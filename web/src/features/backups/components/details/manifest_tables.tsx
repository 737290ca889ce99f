import { useState } from "react";
import { isProving, type Manifest } from "@backup/vault/manifest.ts";
import { type Warning, warningText } from "@backup/vault/warnings.ts";
import { Button } from "../../../../components/ui/button.tsx";
import { formatCount, formatCounted } from "../../../../lib/format.ts";
import { useManifest } from "../../data/backup_manifest.ts";
import { Loaded } from "../loaded.tsx";
import { ManifestMeasures } from "./manifest_measures.tsx";
import { Fact, Section } from "./section.tsx";

/** The number of tables shown before "show all". */
const SHOWN_FIRST = 8;

/** Rows per table and the other facts that only the manifest has. */
export function ManifestTables({ backupKey }: { backupKey: string }) {
  const query = useManifest(backupKey);
  return (
    <Section title="Manifesto" word="manifesto">
      <Loaded
        query={query}
        lines={3}
        loading="Carregando o manifesto"
        failed="Não foi possível carregar o manifesto."
      >
        {(manifest) =>
          manifest !== null && isProving(manifest)
            ? <ManifestContents manifest={manifest} />
            : (
              <p className="text-muted">
                Este backup foi feito do modo antigo: o manifesto não diz quantos registros cada tabela tem.
              </p>
            )}
      </Loaded>
    </Section>
  );
}

function ManifestContents({ manifest }: { manifest: Manifest }) {
  const { source, tool, compression, client_version, extensions, migration_head, warnings = [] } = manifest;
  return (
    <>
      <dl className="grid gap-x-8 gap-y-2 sm:grid-cols-2">
        <Fact term="Origem">{source.host} · {source.database}</Fact>
        <Fact term="Feito com">{tool.name} {tool.version} · pg_dump {client_version} · {compression}</Fact>
        {migration_head && <Fact term="Última migração">{migration_head}</Fact>}
        {extensions.length > 0 && (
          <Fact term="Extensões">
            {extensions.map(({ name, version }) => `${name} ${version}`).join(", ")}
          </Fact>
        )}
      </dl>
      <ManifestMeasures measures={manifest.measures} />
      <Warnings warnings={warnings} />
      <RowsPerTable rows={manifest.rows} />
    </>
  );
}

/** What the backup does not hold, and what would keep it from being restored. */
function Warnings({ warnings }: { warnings: readonly Warning[] }) {
  if (warnings.length === 0) return null;
  return (
    <div>
      <h4 className="font-medium">O que não está no backup, ou pode impedir uma restauração</h4>
      <ul className="mt-1 list-disc space-y-0.5 pl-5">
        {warnings.map((warning, i) => <li key={i} className="wrap-anywhere">{warningText(warning)}</li>)}
      </ul>
    </div>
  );
}

function RowsPerTable({ rows }: { rows: Manifest["rows"] }) {
  const [all, setAll] = useState(false);
  const tables = Object.entries(rows).toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  if (tables.length === 0) return <p className="text-muted">Só a estrutura: nenhuma tabela tem registros.</p>;
  return (
    <>
      <table className="w-full">
        <caption className="sr-only">Registros por tabela, da maior à menor</caption>
        <thead className="text-left text-xs text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="py-1 font-medium">Tabela</th>
            <th scope="col" className="py-1 text-right font-medium">Registros</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {tables.slice(0, all ? undefined : SHOWN_FIRST).map(([name, count]) => (
            <tr key={name}>
              <td className="py-1 wrap-anywhere">
                <code className="text-xs">{name}</code>
              </td>
              <td className="py-1 text-right tabular-nums">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {tables.length > SHOWN_FIRST && (
        <Button
          variant="quiet"
          size="small"
          className="-ml-3"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all
            ? "Mostrar só as maiores"
            : `Mostrar todas (${formatCounted(tables.length, "tabela", "tabelas")})`}
        </Button>
      )}
    </>
  );
}
