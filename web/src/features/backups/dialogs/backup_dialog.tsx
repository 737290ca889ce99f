import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, useWatch } from "react-hook-form";
import { z } from "zod";
import type { Dispatched } from "@backup/api.ts";
import { messageOf } from "@backup/messages.ts";
import { MODES, modeSchema, type Target, TARGETS, targetSchema } from "@backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Choice, ChoiceGroup } from "../../../components/ui/choice.tsx";
import { Dialog, DialogBody, DialogFooter } from "../../../components/ui/dialog.tsx";
import { Field, Input } from "../../../components/ui/field.tsx";
import { labelInFile, labelProblem } from "../model/label_problem.ts";
import { modeName, modeUse, ofTarget, targetName, targetUse } from "../text/labels.ts";
import { ReasonField, reasonSchema } from "./reason_field.tsx";
import { Refusal } from "./refusal.tsx";
import { useSubmission } from "./use_submission.ts";
import { HelpIcon } from "../components/help_link.tsx";

const formSchema = z.object({
  target: targetSchema,
  mode: modeSchema,
  label: z.string().superRefine((label, context) => {
    const message = labelProblem(label);
    if (message !== null) context.addIssue({ code: "custom", message });
  }),
  reason: reasonSchema,
});
type BackupForm = z.infer<typeof formSchema>;

interface BackupDialogProps {
  /** Targets that another run holds. */
  busyTargets: ReadonlySet<Target>;
  onAccepted(answer: Dispatched): void;
  onClose(): void;
}

/** "Backup agora": which database, how much of it, and under which label. */
export default function BackupDialog({ busyTargets, onAccepted, onClose }: BackupDialogProps) {
  const submission = useSubmission(onAccepted);
  const form = useForm<BackupForm>({
    resolver: zodResolver(formSchema),
    mode: "onChange",
    defaultValues: { target: "prod", mode: "full", label: "", reason: "" },
  });
  const target = useWatch({ control: form.control, name: "target" });
  const busy = busyTargets.has(target);
  const submit = form.handleSubmit(({ label, reason, ...choice }) =>
    submission.submit({
      action: "backup",
      ...choice,
      label: labelInFile(label),
      reason: reason || undefined,
    })
  );
  return (
    <Dialog
      title="Backup agora"
      description="O banco é copiado para o cofre sem parar o sistema."
      help={<HelpIcon page="antes-de-mudar.md">Antes de uma mudança arriscada</HelpIcon>}
      onClose={onClose}
      locked={submission.pending}
    >
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-col">
        <DialogBody>
          <ChoiceGroup legend="Qual banco?" columns={3}>
            {TARGETS.map((name) => (
              <Choice
                key={name}
                {...form.register("target")}
                value={name}
                label={targetName(name)}
                hint={targetUse(name)}
              />
            ))}
          </ChoiceGroup>
          <ChoiceGroup legend="O que copiar?" columns={2}>
            {MODES.map((mode) => (
              <Choice
                key={mode}
                {...form.register("mode")}
                value={mode}
                label={modeName(mode)}
                hint={modeUse(mode)}
              />
            ))}
          </ChoiceGroup>
          <LabelField form={form} />
          <ReasonField input={form.register("reason")} error={form.formState.errors.reason?.message} />
          <Refusal error={submission.error} />
        </DialogBody>
        <DialogFooter>
          {busy && (
            <p id="backup-busy" className="flex-1 basis-full text-warn sm:basis-0">{messageOf("busy")}</p>
          )}
          <Button onClick={onClose} disabled={submission.pending}>Cancelar</Button>
          <Button
            type="submit"
            variant="primary"
            pending={submission.pending}
            disabled={busy || !form.formState.isValid}
            aria-describedby={busy ? "backup-busy" : undefined}
          >
            Fazer backup {ofTarget(target)}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

function LabelField({ form }: { form: ReturnType<typeof useForm<BackupForm>> }) {
  const label = useWatch({ control: form.control, name: "label" });
  const inFile = labelInFile(label);
  return (
    <Field
      label="Etiqueta"
      optional
      error={form.formState.errors.label?.message}
      hint={
        <>
          Vai no nome do arquivo: letras, números, ponto, hífen e sublinhado, até 40; espaços viram “_”,
          acentos saem.
          {inFile !== null && inFile !== label && (
            <>
              {" "}Fica: <code className="text-ink">{inFile}</code>
            </>
          )}
        </>
      }
    >
      {(control) => (
        <Input
          {...control}
          {...form.register("label")}
          autoComplete="off"
          spellCheck={false}
          placeholder="antes-da-migracao"
        />
      )}
    </Field>
  );
}
