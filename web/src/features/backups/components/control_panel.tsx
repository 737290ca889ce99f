import { Button } from "../../../components/ui/button.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { formatTime } from "../../../lib/format.ts";
import { type Control, useControl, useDecision, type WaitingRestore } from "../data/control.ts";
import { chosenOptions } from "../text/restore_options.ts";
import { ErrorPanel } from "./error_panel.tsx";
import { HelpLink } from "./help_link.tsx";

/** Restores of production that wait for a second user, and the warning that every company's admin may act. */
export default function ControlPanel({ disabledReason }: { disabledReason: string | null }) {
  const { data } = useControl();
  if (data === undefined) return null;
  return (
    <>
      {data.waiting.map((restore) =>
        restore.is_own
          ? <OwnRestore key={restore.request_id} restore={restore} />
          : <OthersRestore key={restore.request_id} restore={restore} disabledReason={disabledReason} />
      )}
      <OperatorsNotice control={data} />
    </>
  );
}

const Guide = ({ alone = false }) => (
  <HelpLink alone={alone} page="restaurar-producao.md">Restaurar a produção, passo a passo</HelpLink>
);

const until = ({ expires_at }: WaitingRestore) => `até ${formatTime(new Date(expires_at))}`;

function OwnRestore({ restore }: { restore: WaitingRestore }) {
  if (restore.decision === "denied") {
    return (
      <Notice tone="bad" title="Sua restauração da produção foi recusada por outra pessoa." urgent>
        Nada foi iniciado. Converse com ela antes de pedir de novo. <Guide />
      </Notice>
    );
  }
  return restore.decision === null
    ? (
      <Notice
        tone="info"
        title={`Sua restauração da produção espera a aprovação de outra pessoa, ${until(restore)}.`}
      >
        Peça que ela abra esta tela. Deixe o diálogo da restauração aberto: depois da aprovação, repita o
        pedido nele. <Guide />
      </Notice>
    )
    : (
      <Notice tone="ok" title="Sua restauração da produção foi aprovada." urgent>
        Repita o pedido no diálogo da restauração, {until(restore)}. <Guide />
      </Notice>
    );
}

interface OthersRestoreProps {
  restore: WaitingRestore;
  disabledReason: string | null;
}

function OthersRestore({ restore, disabledReason }: OthersRestoreProps) {
  const decision = useDecision();
  const decide = (approve: boolean) => decision.mutate({ requestId: restore.request_id, approve });
  const disabled = disabledReason !== null || decision.isPending;
  return (
    <>
      <Notice
        tone="warn"
        title={`${restore.requested_by ?? "Alguém"} pede a sua aprovação para restaurar a produção, ${
          until(restore)
        }.`}
        action={
          <span className="flex gap-2">
            <Button size="small" disabled={disabled} onClick={() => decide(false)}>Recusar</Button>
            <Button size="small" variant="danger" disabled={disabled} onClick={() => decide(true)}>
              Aprovar a restauração
            </Button>
          </span>
        }
      >
        <p>Motivo: {restore.reason}</p>
        <p>
          Todo o conteúdo da produção passa a ser o do backup{" "}
          <code className="wrap-anywhere">{restore.r2_key}</code>. Confirme com essa pessoa antes de aprovar.
        </p>
        {chosenOptions(restore.options).map((sentence) => <p key={sentence}>{sentence}</p>)}
        <Guide alone />
      </Notice>
      {decision.isError && <ErrorPanel title="A decisão não foi registrada." error={decision.error} />}
    </>
  );
}

function OperatorsNotice({ control: { operators_named, acting_companies } }: { control: Control }) {
  if (operators_named || acting_companies === null || acting_companies < 2) return null;
  return (
    <Notice
      tone="warn"
      title={`Administradores de ${acting_companies} empresas podem restaurar o banco de todas.`}
    >
      Quem administra o banco diz quais cuidam dos backups.{" "}
      <HelpLink page="../production.md">Como dizer quais (“operators”)</HelpLink>
    </Notice>
  );
}
