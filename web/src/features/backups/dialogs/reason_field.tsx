import type { UseFormRegisterReturn } from "react-hook-form";
import { z } from "zod";
import { Field, TextArea } from "../../../components/ui/field.tsx";

const REASON_MAX_LENGTH = 500;

/** The reason for a run, entered by the requester. */
export const reasonSchema = z.string().trim().max(
  REASON_MAX_LENGTH,
  `No máximo ${REASON_MAX_LENGTH} caracteres.`,
);

interface ReasonFieldProps {
  input: UseFormRegisterReturn;
  error?: string;
  required?: boolean;
}

export function ReasonField({ input, error, required = false }: ReasonFieldProps) {
  return (
    <Field label="Motivo" optional={!required} error={error} hint="Fica registrado com a execução.">
      {(control) => <TextArea {...control} {...input} required={required} />}
    </Field>
  );
}
