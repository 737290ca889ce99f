import { z } from "zod";
import { messageOf } from "../../../../../supabase/functions/_shared/backup/messages.ts";
import {
  isRestoreConfirmed,
  RESTORE_PROD_CONFIRMATION,
  type Target,
  targetSchema,
} from "../../../../../supabase/functions/_shared/backup/target.ts";
import { reasonSchema } from "./reason_field.tsx";

export const restoreFormSchema = z.object({
  target: targetSchema,
  confirm: z.string(),
  reason: reasonSchema,
});
export type RestoreForm = z.infer<typeof restoreFormSchema>;

/** What still stands between the form and the restore, in words; `null` when nothing does. */
export function missingForRestore(form: RestoreForm, busyTargets: ReadonlySet<Target>): string | null {
  if (busyTargets.has(form.target)) return messageOf("busy");
  const missing = [
    isRestoreConfirmed(form.target, form.confirm) ? null : `digitar ${RESTORE_PROD_CONFIRMATION}`,
    form.target !== "prod" || form.reason.trim() !== "" ? null : "escrever o motivo",
  ].filter((part) => part !== null);
  return missing.length === 0 ? null : `Falta ${missing.join(" e ")}.`;
}
