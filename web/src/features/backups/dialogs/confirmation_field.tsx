import type { UseFormRegisterReturn } from "react-hook-form";
import { Field, Input } from "../../../components/ui/field.tsx";

/** A word to type as a confirmation. */
export function ConfirmationField({ label, input }: { label: string; input: UseFormRegisterReturn }) {
  return (
    <Field label={label}>
      {(control) => (
        <Input
          {...control}
          {...input}
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
