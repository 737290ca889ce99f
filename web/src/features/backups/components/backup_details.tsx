import type { ReactNode } from "react";
import type { BackupRow } from "../../../../../supabase/functions/_shared/backup/catalog.ts";
import { CopyButton } from "../../../components/ui/copy_button.tsx";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { formatBytes, formatCount, formatDuration, formatInstant, formatUtc } from "../../../lib/format.ts";
import { restoreHindrance } from "../restorable.ts";
import { Sha256 } from "./backup_parts.tsx";

const UNKNOWN = "—";

function shown<T>(value: T | null, format: (value: T) => string): string {
  return value === null ? UNKNOWN : format(value);
}

function moment(at: string): string {
  return `${formatInstant(new Date(at))} · ${formatUtc(new Date(at))}`;
}

/** Everything the catalog knows about a backup. */
export function BackupDetails({ backup }: { backup: BackupRow }) {
  const hindrance = restoreHindrance(backup);
  return (
    <div className="space-y-3">
      {hindrance !== null && <p className="text-warn">{hindrance}</p>}
      <dl className="grid gap-x-8 gap-y-2 sm:grid-cols-2 xl:grid-cols-3">
        <Fact term="Feito em">{moment(backup.created_at)}</Fact>
        <Fact term="Conferido no cofre em">{shown(backup.verified_at, moment)}</Fact>
        <Fact term="Provado em ensaio em">{shown(backup.proven_at, moment)}</Fact>
        <Fact term="Conteúdo">
          {shown(backup.tables_total, formatCount)} tabelas · {shown(backup.rows_total, formatCount)}{" "}
          registros
        </Fact>
        <Fact term="Tamanho no cofre · sem compressão">
          {shown(backup.bytes, formatBytes)} · {shown(backup.raw_bytes, formatBytes)}
        </Fact>
        <Fact term="Duração">{shown(backup.duration_ms, formatDuration)}</Fact>
        <Fact term="PostgreSQL">{backup.server_version ?? UNKNOWN}</Fact>
        <Fact term="Versão do sistema (git)">{shown(backup.git_sha, (sha) => sha.slice(0, 12))}</Fact>
        <Fact term="Execução">
          {backup.run_url === null
            ? UNKNOWN
            : <ExternalLink href={backup.run_url}>Ver no GitHub</ExternalLink>}
        </Fact>
        <Fact term={`Chave no cofre (${backup.r2_bucket})`} wide>
          <span className="inline-flex max-w-full items-center gap-1">
            <code className="min-w-0 text-xs wrap-anywhere">{backup.r2_key}</code>
            <CopyButton text={backup.r2_key} what="a chave" />
          </span>
        </Fact>
        <Fact term="sha256" wide>
          <Sha256 backup={backup} whole />
        </Fact>
      </dl>
    </div>
  );
}

function Fact({ term, wide = false, children }: { term: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={wide ? "min-w-0 sm:col-span-2 xl:col-span-3" : "min-w-0"}>
      <dt className="text-xs text-muted">{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
