import { convertLabel, LABEL_MAX_LENGTH, labelSchema, normalizeLabel } from "@backup/label.ts";
import { messageOf } from "@backup/messages.ts";

/** Why a label is invalid, as a sentence that names the cause; `null` when it is valid. */
export function labelProblem(input: string): string | null {
  if (isAllowed(input)) return null;
  const foreign = [...new Set(input)].filter((character) => !isAllowed(character));
  if (foreign.length > 0) {
    const quoted = foreign.map((character) => `“${character}”`).join(", ");
    return foreign.length === 1
      ? `O caractere ${quoted} não é permitido.`
      : `Estes caracteres não são permitidos: ${quoted}.`;
  }
  const { length } = convertLabel(input);
  if (length > LABEL_MAX_LENGTH) return `São no máximo ${LABEL_MAX_LENGTH} caracteres; aqui há ${length}.`;
  return messageOf("invalid_label");
}

function isAllowed(text: string): boolean {
  return labelSchema.safeParse(text).success;
}

/** The label as written into the file name; `null` when empty or invalid. */
export function labelInFile(input: string): string | null {
  return isAllowed(input) ? normalizeLabel(input) : null;
}
