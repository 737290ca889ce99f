import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { Button } from "../../../../components/ui/button.tsx";
import { Field, Input } from "../../../../components/ui/field.tsx";
import { beginOfDay, dayOf, daySchema } from "../../../../lib/day.ts";
import { useHoldBackup } from "../../data/hold_backup.ts";
import { compulsoryReasonSchema } from "../../text/reason.ts";
import { ErrorPanel } from "../error_panel.tsx";

/** The default length of a hold. */
const USUAL_DAYS = 90;

const formSchema = z.object({
  day: daySchema,
  reason: compulsoryReasonSchema,
});
type HoldFields = z.infer<typeof formSchema>;

interface HoldFormProps {
  backup: BackupRow;
  isHeld: boolean;
  now: Date;
  onDone(): void;
}

/** Places a hold (until when, why) or releases it (why). The reason is visible to every user. */
export function HoldForm({ backup, isHeld, now, onDone }: HoldFormProps) {
  const hold = useHoldBackup(onDone);
  const today = dayOf(now);
  const form = useForm<HoldFields>({
    resolver: zodResolver(formSchema),
    defaultValues: { day: dayOf(beginOfDay(today, USUAL_DAYS)), reason: "" },
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit(({ day, reason }) =>
    hold.mutate({ key: backup.r2_key, until: isHeld ? null : beginOfDay(day, 1), reason })
  );
  return (
    <form
      onSubmit={submit}
      noValidate
      autoComplete="off"
      aria-label={isHeld ? "Liberar o backup" : "Reter o backup"}
      className="space-y-3 rounded-md border border-line p-3"
    >
      {!isHeld && (
        <Field label="Reter até o fim do dia" error={errors.day && "Escolha um dia."}>
          {(control) => (
            <Input {...control} {...form.register("day")} type="date" min={today} className="max-w-48" />
          )}
        </Field>
      )}
      <Field label="Motivo" error={errors.reason?.message} hint="Fica no histórico e aparece para os outros.">
        {(control) => <Input {...control} {...form.register("reason")} maxLength={500} />}
      </Field>
      {hold.isError && <ErrorPanel title="Nada foi mudado." error={hold.error} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" size="small" pending={hold.isPending}>
          {isHeld ? "Liberar" : "Reter"}
        </Button>
        <Button size="small" disabled={hold.isPending} onClick={onDone}>Cancelar</Button>
      </div>
    </form>
  );
}
