import { RESTORE_PROD_CONFIRMATION } from "@backup/target.ts";
import { CopyButton } from "../../../components/ui/copy_button.tsx";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { Instant } from "../../../components/ui/instant.tsx";
import { formatInstant } from "../../../lib/format.ts";
import { useNow } from "../../../lib/use_now.ts";
import { type LastKnown, readLastKnown } from "../data/last_known.ts";
import { DOCUMENTS } from "../model/documents.ts";
import { RecoverySteps } from "./details/recovery.tsx";
import { ErrorPanel } from "./error_panel.tsx";
import { KeptRuns } from "./kept_runs.tsx";
import { Panel } from "./panel.tsx";
import { HelpIcon } from "./help_link.tsx";

const RENEW_MS = 30_000;
const WORKFLOW = "actions/workflows/db-restore-from-r2.yml";
const RUNBOOKS = `${DOCUMENTS}/runbooks/README.md`;

export interface ProductionDownProps {
  /** What does not answer. */
  title: string;
  error: Error;
  onRetry(): void;
  retrying: boolean;
}

/** Production does not answer: what was last known, and the ways on that do not need it. */
export default function ProductionDown({ title, error, onRetry, retrying }: ProductionDownProps) {
  const known = readLastKnown();
  return (
    <>
      <ErrorPanel title={title} error={error} onRetry={onRetry} retrying={retrying} />
      {known !== null && <Known known={known} />}
      <KeptRuns />
      <WaysOn known={known} />
    </>
  );
}

function Known({ known: { at, newest, proven } }: { known: LastKnown }) {
  const now = useNow(RENEW_MS);
  return (
    <Panel
      title={`O que se sabia em ${formatInstant(new Date(at))}`}
      help={<HelpIcon page="README.md#palavras">O que quer dizer cada palavra</HelpIcon>}
    >
      <div className="space-y-1 p-4">
        <p>
          Último backup da produção:{" "}
          {newest === null ? "nenhum." : <Moment at={newest.created_at} now={now} />}
        </p>
        <p>
          Último provado num ensaio:{" "}
          {proven === null ? "nenhum." : <Moment at={proven.created_at} now={now} />}
        </p>
        <p className="text-muted">Pode haver um mais novo no cofre: os backups não dependem desta tela.</p>
      </div>
    </Panel>
  );
}

function Moment({ at, now }: { at: string; now: Date }) {
  return (
    <>
      <Instant at={at} now={now} /> (<Instant at={at} now={now} as="full" />).
    </>
  );
}

function WaysOn({ known }: { known: LastKnown | null }) {
  const backup = known?.proven ?? known?.newest ?? null;
  const repository = known?.repository ?? null;
  return (
    <Panel
      title="O que dá para fazer sem ela"
      help={<HelpIcon page="restaurar-producao.md">Restaurar a produção, passo a passo</HelpIcon>}
    >
      <ol className="list-decimal space-y-4 p-4 pl-8">
        <li className="space-y-1">
          <p className="font-medium">O banco está no ar, só a tela ou a entrada não: restaure pelo GitHub.</p>
          {repository === null
            ? <p>No GitHub, em “Actions”, abra “Restauração do banco” → “Run workflow”.</p>
            : (
              <ExternalLink href={`${repository}/${WORKFLOW}`}>
                Restauração do banco, “Run workflow”
              </ExternalLink>
            )}
          <p className="text-muted">
            Preencha: banco <code>prod</code>, confirmação{" "}
            <code>{RESTORE_PROD_CONFIRMATION}</code>, o motivo, e a chave
            {backup === null ? " do backup no cofre." : (
              <>
                {" "}
                <code className="wrap-anywhere text-ink">{backup.r2_key}</code>{" "}
                <CopyButton text={backup.r2_key} what="a chave do backup" />
              </>
            )}
          </p>
          <p className="text-muted">
            Antes, grave essa chave na variável <code>REVO_BREAK_GLASS</code>{" "}
            do repositório: ela vale pelo pedido que a tela faria. Depois, apague-a.
          </p>
        </li>
        <li className="space-y-1">
          <p className="font-medium">Não sabe por onde começar: siga o roteiro.</p>
          {repository === null
            ? <p>No repositório, em docs/runbooks.</p>
            : <ExternalLink href={`${repository}/${RUNBOOKS}`}>Seis noites ruins</ExternalLink>}
        </li>
        <li className="space-y-2">
          <p className="font-medium">O projeto se perdeu: restaure num banco novo, com a chave do cofre.</p>
          {backup === null || known?.bucket === null || known === null
            ? <p>As instruções de cada backup estão no cofre, ao lado dele.</p>
            : <RecoverySteps bucket={known.bucket} backupKey={backup.r2_key} sha256={null} />}
        </li>
      </ol>
    </Panel>
  );
}
