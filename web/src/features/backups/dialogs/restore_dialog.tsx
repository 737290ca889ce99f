import { zodResolver } from "@hookform/resolvers/zod";
import { useEffect, useRef, useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import type { Dispatched } from "../../../../../supabase/functions/_shared/backup/api.ts";
import type { BackupRow } from "../../../../../supabase/functions/_shared/backup/catalog.ts";
import type { Target } from "../../../../../supabase/functions/_shared/backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Dialog, DialogBody, DialogFooter } from "../../../components/ui/dialog.tsx";
import { BackupSummary } from "./backup_summary.tsx";
import { Refusal } from "./refusal.tsx";
import { missingForRestore, type RestoreForm, restoreFormSchema } from "./restore_form.ts";
import { ConfirmationStep, TargetStep } from "./restore_steps.tsx";
import { useSubmission } from "./use_submission.ts";

interface RestoreDialogProps {
  backup: BackupRow;
  /** Targets that another run holds. */
  busyTargets: ReadonlySet<Target>;
  onAccepted(answer: Dispatched): void;
  onClose(): void;
}

/** "Restaurar…": first where to, then what happens there, and for production the typed word. */
export default function RestoreDialog({ backup, busyTargets, onAccepted, onClose }: RestoreDialogProps) {
  const [step, setStep] = useState<1 | 2>(1);
  const body = useRef<HTMLDivElement>(null);
  const submission = useSubmission(onAccepted);
  const form = useForm<RestoreForm>({
    resolver: zodResolver(restoreFormSchema),
    mode: "onChange",
    defaultValues: { target: "dev", confirm: "", reason: "" },
  });
  const values = useWatch({ control: form.control });
  const target = values.target ?? "dev";
  const missing = missingForRestore(
    { target, confirm: values.confirm ?? "", reason: values.reason ?? "" },
    busyTargets,
  );
  useEffect(() => {
    if (step === 2) body.current?.focus();
  }, [step]);

  const goBack = () => {
    form.setValue("confirm", "");
    submission.reset();
    setStep(1);
  };
  const submit = form.handleSubmit(({ confirm, reason }) => {
    if (step === 1) return setStep(2);
    submission.submit({
      action: "restore",
      target,
      r2_key: backup.r2_key,
      confirm: target === "prod" ? confirm : undefined,
      reason: reason || undefined,
    });
  });
  return (
    <Dialog
      title={step === 1 ? "Restaurar backup" : `Restaurar em ${target}`}
      description={`Passo ${step} de 2: ${step === 1 ? "o destino" : "conferir e confirmar"}`}
      onClose={onClose}
      locked={submission.pending}
    >
      <form onSubmit={submit} noValidate autoComplete="off" className="flex min-h-0 flex-col">
        <DialogBody>
          <div ref={body} tabIndex={-1} className="space-y-5 outline-none">
            <BackupSummary backup={backup} />
            {step === 1
              ? <TargetStep form={form} />
              : <ConfirmationStep form={form} target={target} backup={backup} />}
            <Refusal error={submission.error} />
          </div>
        </DialogBody>
        {step === 1
          ? (
            <DialogFooter>
              <Button onClick={onClose}>Cancelar</Button>
              <Button key="next" type="submit" variant="primary">Continuar</Button>
            </DialogFooter>
          )
          : (
            <DialogFooter>
              {missing !== null && (
                <p id="restore-missing" className="flex-1 basis-full text-muted sm:basis-0">{missing}</p>
              )}
              <Button onClick={goBack} disabled={submission.pending}>Voltar</Button>
              <Button
                key="restore"
                type="submit"
                variant={target === "prod" ? "danger" : "primary"}
                pending={submission.pending}
                disabled={missing !== null || !form.formState.isValid}
                aria-describedby={missing === null ? undefined : "restore-missing"}
              >
                Restaurar em {target}
              </Button>
            </DialogFooter>
          )}
      </form>
    </Dialog>
  );
}
