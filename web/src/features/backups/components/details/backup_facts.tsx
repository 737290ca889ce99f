import type { ReactNode } from "react";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { CopyButton } from "../../../../components/ui/copy_button.tsx";
import { ExternalLink } from "../../../../components/ui/external_link.tsx";
import { Instant } from "../../../../components/ui/instant.tsx";
import { formatBytes, formatCounted, formatDuration } from "../../../../lib/format.ts";
import { ORIGIN_NAMES } from "../../text/history_text.ts";
import { restoreDisabledReason } from "../../model/restorable.ts";
import { modeName, requesterName } from "../../text/labels.ts";
import Term from "../term.tsx";
import { Fact } from "./section.tsx";

const UNKNOWN = "não informado";
const NOT_YET = "ainda não";

function shown<T>(value: T | null, format: (value: T) => ReactNode, otherwise = UNKNOWN): ReactNode {
  return value === null ? otherwise : format(value);
}

/** The requester, followed by the origin where the name alone does not show it. */
function requesterOf({ requested_by, origin }: BackupRow): string {
  const name = requested_by === null ? UNKNOWN : requesterName(requested_by);
  return origin === "schedule" || origin === "person" || origin === "other"
    ? name
    : `${name} · ${ORIGIN_NAMES[origin]}`;
}

function moment(at: string) {
  return <Instant at={at} now={new Date(at)} as="full" />;
}

/** The catalog's facts about a backup. */
export function BackupFacts({ backup }: { backup: BackupRow }) {
  const disabledReason = restoreDisabledReason(backup);
  return (
    <>
      {disabledReason !== null && <p className="text-warn">{disabledReason}</p>}
      <dl className="grid gap-x-8 gap-y-2 sm:grid-cols-2">
        <Fact term="Feito em">{moment(backup.created_at)}</Fact>
        <Fact term="Quem pediu">{requesterOf(backup)}</Fact>
        <Fact term="Conferido no cofre em">{shown(backup.verified_at, moment, NOT_YET)}</Fact>
        <Fact
          term={
            <>
              <Term word="provado">Provado</Term> em ensaio em
            </>
          }
        >
          {shown(backup.proven_at, moment, NOT_YET)}
        </Fact>
        <Fact term="Assinado pela chave">{backup.signed_by ?? "nenhuma"}</Fact>
        <Fact term="Conteúdo">
          {modeName(backup.mode)}
          {backup.tables_total !== null && ` · ${formatCounted(backup.tables_total, "tabela", "tabelas")}`}
          {backup.rows_total !== null && ` · ${formatCounted(backup.rows_total, "registro", "registros")}`}
        </Fact>
        <Fact term="Tamanho no cofre">
          {shown(backup.bytes, (bytes) => formatBytes(bytes))}
          {backup.raw_bytes !== null && ` (${formatBytes(backup.raw_bytes)} sem compressão)`}
        </Fact>
        <Fact term="Duração">{shown(backup.duration_ms, formatDuration)}</Fact>
        <Fact term="PostgreSQL">{shown(backup.server_version, (version) => version.split(" ")[0])}</Fact>
        <Fact term="Versão do sistema (git)">{shown(backup.git_sha, (sha) => sha.slice(0, 12))}</Fact>
        {backup.run_url !== null && (
          <Fact term="Execução" wide>
            <ExternalLink href={backup.run_url}>Ver no GitHub</ExternalLink>
          </Fact>
        )}
        <Fact term={`Chave no cofre (${backup.r2_bucket})`} wide>
          <Copyable text={backup.r2_key} what="a chave" />
        </Fact>
        <Fact term="Impressão digital do arquivo (SHA-256)" wide>
          {backup.sha256 === null ? UNKNOWN : <Copyable text={backup.sha256} what="a impressão digital" />}
        </Fact>
      </dl>
    </>
  );
}

function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code className="min-w-0 text-xs wrap-anywhere">{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}
