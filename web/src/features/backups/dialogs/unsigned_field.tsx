import type { UseFormReturn } from "react-hook-form";
import { Field, Input } from "../../../components/ui/field.tsx";
import { type RestoreForm, UNSIGNED_CONFIRMATION } from "./restore_form.ts";

/** The confirmation to type before a backup without a signature is read. */
export function UnsignedField({ form }: { form: UseFormReturn<RestoreForm> }) {
  return (
    <Field label={`Digite ${UNSIGNED_CONFIRMATION} se sabe quem fez este backup e confia nele`}>
      {(control) => (
        <Input
          {...control}
          {...form.register("confirmUnsigned")}
          required
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          className="font-mono"
        />
      )}
    </Field>
  );
}
