/** The reason that a person has to give. */

import { z } from "zod";
import { isReason } from "@backup/reason.ts";

export const compulsoryReasonSchema = z.string().trim().min(1, "Escreva o motivo.")
  .refine(isReason, "Escreva o motivo em palavras.").max(500, "São no máximo 500 caracteres.");
