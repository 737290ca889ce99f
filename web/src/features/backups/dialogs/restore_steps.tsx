import type { UseFormReturn } from "react-hook-form";
import { type MeasureLine, measureLines } from "@backup/runs/measure_text.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import type { MeasureComparison } from "@backup/vault/measures.ts";
import { RESTORE_PROD_CONFIRMATION, type Target, TARGETS } from "@backup/target.ts";
import { Check, Choice, ChoiceGroup } from "../../../components/ui/choice.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { formatCounted, formatDuration, formatInstant } from "../../../lib/format.ts";
import { type PlannedLossSum, sumLoss } from "../model/plan_loss.ts";
import { ofTarget, targetName, targetUse } from "../text/labels.ts";
import { ConfirmationField } from "./confirmation_field.tsx";
import { isForeignSource } from "./foreign_source.tsx";
import { ReasonField } from "./reason_field.tsx";
import type { RestoreForm } from "./restore_form.ts";
import type { Planning } from "./use_planning.ts";

const SAFE_TARGETS = TARGETS.filter((target) => target !== "prod");

/** The choice of the target: the safe databases first, production marked as dangerous. */
export function TargetStep({ form }: { form: UseFormReturn<RestoreForm> }) {
  const choice = (target: Target, hint: string, danger = false) => (
    <Choice
      key={target}
      {...form.register("target")}
      value={target}
      label={targetName(target)}
      hint={hint}
      danger={danger}
    />
  );
  return (
    <ChoiceGroup legend="Restaurar em qual banco?">
      {SAFE_TARGETS.map((target) => choice(target, targetUse(target)))}
      <div className="border-t border-line pt-3">
        {choice("prod", `${targetUse("prod")} Exige o motivo e uma confirmação digitada.`, true)}
      </div>
    </ChoiceGroup>
  );
}

interface ConfirmationStepProps {
  form: UseFormReturn<RestoreForm>;
  target: Target;
  backup: BackupRow;
  planning: Planning;
}

/** What happens to the target, and the confirmation to type for production. */
export function ConfirmationStep({ form, target, backup, planning }: ConfirmationStepProps) {
  const isProd = target === "prod";
  return (
    <>
      <Consequences target={target} backup={backup} />
      <PlanBasis target={target} planning={planning} />
      {planning.privilegesFrom !== "" && (
        <p>
          Permissões copiadas do backup <code className="wrap-anywhere">{planning.privilegesFrom}</code>.
        </p>
      )}
      {isProd && (
        <ConfirmationField
          label={`Digite ${RESTORE_PROD_CONFIRMATION} para confirmar`}
          input={form.register("confirm")}
        />
      )}
      {isForeignSource(backup, target) && (
        <ConfirmationField
          label={`Digite ${backup.target} para confirmar que o backup é desse outro banco`}
          input={form.register("confirmSource")}
        />
      )}
      <ReasonField
        input={form.register("reason")}
        error={form.formState.errors.reason?.message}
        required={isProd}
      />
      <Check
        {...form.register("endSessions")}
        label="Encerrar todas as sessões"
        hint={`Todos terão de entrar de novo em ${targetName(target)}. Marque depois de uma invasão.`}
      />
    </>
  );
}

/** The simulation that the restore is based on, and how long it stays valid. */
function PlanBasis({ target, planning: { state, found } }: { target: Target; planning: Planning }) {
  if (state.state !== "fresh") {
    if (target !== "prod") return <p className="text-muted">Não há simulação recente desta restauração.</p>;
    return <Notice tone="warn" title="A simulação não vale mais.">Use “Voltar” e simule de novo.</Notice>;
  }
  const loss = found.data && sumLoss(found.data);
  const business = found.data?.business ? businessLosses(found.data.business) : [];
  const seconds = found.data?.duration.seconds;
  const lockSeconds = found.data?.duration.locked?.seconds;
  return (
    <p>
      {loss && (
        <>
          Perda simulada: <LossText loss={loss} />.{" "}
        </>
      )}
      {business.length > 0 && (
        <>
          No negócio: <strong>{business.map(({ name, text }) => `${name} ${text}`).join("; ")}</strong>.{" "}
        </>
      )}
      {seconds !== null && seconds !== undefined && (
        <>
          Duração esperada: cerca de <strong>{formatDuration(seconds * 1000)}</strong>.{" "}
        </>
      )}
      {lockSeconds !== null && lockSeconds !== undefined && (
        <>
          Bloqueio do banco: cerca de <strong>{formatDuration(lockSeconds * 1000)}</strong>.{" "}
        </>
      )}
      <span className="text-muted tabular-nums">
        A simulação vale por mais {formatDuration(state.leftMs)}.
      </span>
    </p>
  );
}

function businessLosses(business: MeasureComparison): MeasureLine[] {
  return measureLines(business, (at) => formatInstant(new Date(at))).filter(({ tone }) => tone === "loss");
}

function LossText({ loss: { lost, tables, exact } }: { loss: PlannedLossSum }) {
  if (lost === 0) {
    return <strong>{exact ? "nenhum registro" : "nenhum registro nas tabelas listadas"}</strong>;
  }
  return (
    <>
      <strong>{!exact && "pelo menos "}{formatCounted(lost, "registro", "registros")}</strong> de{" "}
      {formatCounted(tables, "tabela", "tabelas")}
    </>
  );
}

function Consequences({ target, backup }: { target: Target; backup: BackupRow }) {
  const loss = backup.target === target
    ? `O que foi registrado depois de ${formatInstant(new Date(backup.created_at))}`
    : `O que está hoje em ${targetName(target)}`;
  return (
    <>
      <Notice
        tone={target === "prod" ? "bad" : "warn"}
        title={`Todo o conteúdo ${ofTarget(target)} será substituído.`}
      >
        {loss} deixa de existir no banco e fica só na cópia de segurança.
      </Notice>
      <div>
        <p className="mb-1.5 font-medium">O que vai acontecer</p>
        <ol className="list-decimal space-y-1 pl-5 text-muted marker:text-muted">
          <li>O arquivo é baixado e conferido; se não for o mesmo que foi gravado, nada é alterado.</li>
          <li>A maior parte é gravada ao lado do conteúdo atual: ninguém espera por isso.</li>
          <li>Uma cópia de segurança {ofTarget(target)} vai para o cofre.</li>
          <li>O conteúdo é trocado numa só transação: ou tudo, ou nada.</li>
          <li>
            Durante essa troca, o banco {ofTarget(target)} fica bloqueado: quem estiver usando espera.
          </li>
          <li>
            Contas, senhas e segundo fator voltam ao que eram no backup. Quem já entrou em{" "}
            {targetName(target)} e existe no backup continua.
          </li>
          {target !== "prod" && <li>O que chamaria outros sistemas fica desligado na cópia.</li>}
          <li>Registros, estrutura e permissões são comparados com o backup antes de confirmar.</li>
        </ol>
      </div>
    </>
  );
}
