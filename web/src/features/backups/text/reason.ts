/** The reason that a person has to give. */

import { z } from "zod";
import { isReason, LOOK_REASON_MIN_LETTERS } from "@backup/reason.ts";

export const compulsoryReasonSchema = z.string().trim().min(1, "Escreva o motivo.")
  .refine((text) => isReason(text), "Escreva o motivo em palavras.").max(
    500,
    "São no máximo 500 caracteres.",
  );

/** Of a look at rows of people. */
export const lookReasonSchema = compulsoryReasonSchema.refine(
  (text) => isReason(text, LOOK_REASON_MIN_LETTERS),
  `Escreva o motivo com ao menos ${LOOK_REASON_MIN_LETTERS} letras.`,
);
