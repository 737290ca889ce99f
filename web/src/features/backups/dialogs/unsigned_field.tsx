import type { UseFormReturn } from "react-hook-form";
import { ConfirmationField } from "./confirmation_field.tsx";
import { type RestoreForm, UNSIGNED_CONFIRMATION } from "./restore_form.ts";

/** The confirmation to type before a backup without a signature is read. */
export function UnsignedField({ form }: { form: UseFormReturn<RestoreForm> }) {
  return (
    <ConfirmationField
      label={`Digite ${UNSIGNED_CONFIRMATION} se sabe quem fez este backup e confia nele`}
      input={form.register("confirmUnsigned")}
    />
  );
}
