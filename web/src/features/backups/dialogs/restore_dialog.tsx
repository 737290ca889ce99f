import { zodResolver } from "@hookform/resolvers/zod";
import { useEffect, useRef, useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import type { Dispatched } from "@backup/api.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { type Target, targetSchema } from "@backup/target.ts";
import { Dialog, DialogBody } from "../../../components/ui/dialog.tsx";
import { RejectedNotice } from "../components/rejected_notice.tsx";
import { UnsignedNotice } from "../components/unsigned_notice.tsx";
import { UnsignedField } from "./unsigned_field.tsx";
import { ForeignSourceNotice, isForeignSource } from "./foreign_source.tsx";
import { BackupSummary } from "./backup_summary.tsx";
import { PlanStep } from "./plan_step.tsx";
import { PrivilegesField } from "./privileges_field.tsx";
import { Refusal } from "./refusal.tsx";
import { RestoreFooter, type RestoreStep } from "./restore_footer.tsx";
import {
  missingForConfirmation,
  missingForReading,
  missingForRestore,
  type RestoreForm,
  restoreFormSchema,
} from "./restore_form.ts";
import { ConfirmationStep, TargetStep } from "./restore_steps.tsx";
import { sourceOf, usePlanning } from "./use_planning.ts";
import { useSubmission } from "./use_submission.ts";
import { targetName } from "../text/labels.ts";
import { HelpIcon } from "../components/help_link.tsx";

export interface RestoreDialogProps {
  backup: BackupRow;
  /** Set when a restore into this target is undone: the target step is skipped. */
  undoIn?: Target;
  /** Targets that another run holds. */
  busyTargets: ReadonlySet<Target>;
  onAccepted(answer: Dispatched): void;
  onClose(): void;
}

const STEP_NAMES: Record<RestoreStep, string> = {
  target: "o destino",
  plan: "o que mudaria",
  confirm: "conferir e confirmar",
};

/** "Restaurar…": choose the target, review the loss, confirm. */
export default function RestoreDialog(props: RestoreDialogProps) {
  const { backup, undoIn, busyTargets, onAccepted, onClose } = props;
  const steps: RestoreStep[] = undoIn === undefined ? ["target", "plan", "confirm"] : ["plan", "confirm"];
  const [index, setIndex] = useState(0);
  const step = steps[index] ?? "confirm";
  const body = useRef<HTMLDivElement>(null);
  const submission = useSubmission(onAccepted);
  /** The plan of the last request, and of one that a second user decides: the repetition names the same one. */
  const askedPlan = useRef<string | undefined>(undefined);
  const [awaitedPlan, setAwaitedPlan] = useState<string | undefined>(undefined);
  const refusal = submission.error?.code;
  useEffect(() => {
    if (refusal === "approval_required") setAwaitedPlan(askedPlan.current);
    else if (refusal === "approval_refused") setAwaitedPlan(undefined);
  }, [refusal]);
  const form = useForm<RestoreForm>({
    resolver: zodResolver(restoreFormSchema),
    mode: "onChange",
    defaultValues: {
      target: undoIn ?? "dev",
      confirm: "",
      confirmSource: "",
      confirmUnsigned: "",
      reason: "",
      endSessions: false,
    },
  });
  const {
    target = "dev",
    confirm = "",
    confirmSource = "",
    confirmUnsigned = "",
    reason = "",
    privilegesFrom: chosen,
  } = useWatch({ control: form.control });
  const unread = missingForReading(backup, confirmUnsigned);
  const source = targetSchema.safeParse(backup.target).data ?? null;
  const planning = usePlanning(target, backup.r2_key, backup.is_unsigned && unread === null, chosen);
  const { privilegesFrom } = planning;
  const plan = planning.state.state === "fresh" ? planning.found.data ?? null : null;
  const missing = unread !== null || step === "target"
    ? unread
    : step === "plan"
    ? missingForConfirmation(target, planning.state, plan, privilegesFrom)
    : missingForRestore({ target, confirm, confirmSource, reason }, source, {
      state: awaitedPlan === undefined ? planning.state.state : "fresh",
    }, busyTargets);
  useEffect(() => {
    if (index === 0) return;
    body.current?.focus({ preventScroll: true });
    body.current?.parentElement?.scrollTo({ top: 0 });
  }, [index]);

  const goBack = () => {
    form.setValue("confirm", "");
    form.setValue("confirmSource", "");
    submission.reset();
    setAwaitedPlan(undefined);
    setIndex(index - 1);
  };
  const isForeign = isForeignSource(backup, target);
  const submit = form.handleSubmit((values) => {
    if (missing !== null) return;
    // the plan may become stale before the end
    if (step === "plan" && plan?.keepsTargetPrivileges) form.setValue("privilegesFrom", privilegesFrom);
    if (step !== "confirm") return setIndex(index + 1);
    askedPlan.current = awaitedPlan ?? (plan === null ? undefined : planning.newest.data?.request_id);
    submission.submit({
      action: "restore",
      target,
      r2_key: backup.r2_key,
      confirm: target === "prod" ? values.confirm : undefined,
      confirm_source: isForeign ? values.confirmSource : undefined,
      allow_unsigned: backup.is_unsigned ? backup.r2_key : undefined,
      plan_request_id: askedPlan.current,
      end_sessions: values.endSessions || undefined,
      privileges_from: sourceOf(values.privilegesFrom, privilegesFrom),
      reason: values.reason || undefined,
    });
  });
  return (
    <Dialog
      title={titleOf(step, target, undoIn)}
      description={`Passo ${index + 1} de ${steps.length}: ${STEP_NAMES[step]}`}
      help={<RestoreHelp target={target} />}
      onClose={onClose}
      locked={submission.pending}
      wide
    >
      <form onSubmit={submit} noValidate autoComplete="off" className="flex min-h-0 flex-col">
        <DialogBody>
          <div ref={body} tabIndex={-1} className="space-y-5 outline-none">
            <BackupSummary backup={backup} />
            <UnsignedNotice backup={backup} />
            <RejectedNotice backup={backup} />
            {isForeign && <ForeignSourceNotice backup={backup} />}
            {backup.is_unsigned && index === 0 && <UnsignedField form={form} />}
            {step === "target" && <TargetStep form={form} />}
            {step === "plan" && <PlanStep planning={planning} target={target} />}
            {step === "plan" && plan?.keepsTargetPrivileges && (
              <PrivilegesField
                backup={backup}
                value={privilegesFrom}
                onChange={(key) => form.setValue("privilegesFrom", key)}
              />
            )}
            {step === "confirm" && (
              <ConfirmationStep form={form} target={target} backup={backup} planning={planning} />
            )}
            <Refusal error={submission.error} />
          </div>
        </DialogBody>
        <RestoreFooter
          step={step}
          target={target}
          planning={planning}
          missing={missing}
          mayRead={unread === null}
          valid={form.formState.isValid}
          pending={submission.pending}
          onBack={index === 0 ? onClose : goBack}
          first={index === 0}
        />
      </form>
    </Dialog>
  );
}

function RestoreHelp({ target }: { target: Target }) {
  return (
    <HelpIcon page={target === "prod" ? "restaurar-producao.md" : "restaurar-em-dev.md"}>
      {`Restaurar em ${targetName(target)}, passo a passo`}
    </HelpIcon>
  );
}

function titleOf(step: RestoreStep, target: Target, undoIn: Target | undefined): string {
  if (undoIn !== undefined) return `Desfazer a restauração em ${targetName(undoIn)}`;
  return step === "target" ? "Restaurar backup" : `Restaurar em ${targetName(target)}`;
}
