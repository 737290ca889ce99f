import { LABEL_MAX_LENGTH, labelSchema, normalizeLabel } from "@backup/label.ts";
import { messageOf } from "@backup/messages.ts";

/** Why a label is invalid, as a sentence that names the cause; `null` when it is valid. Accents are left out. */
export function labelProblem(input: string): string | null {
  const text = withoutAccents(input);
  if (labelSchema.safeParse(text).success) return null;
  const foreign = [...new Set(input.trim())].filter((character) => !isAllowed(withoutAccents(character)));
  if (foreign.length > 0) {
    const quoted = foreign.map((character) => `“${character}”`).join(", ");
    return foreign.length === 1
      ? `O caractere ${quoted} não é permitido.`
      : `Estes caracteres não são permitidos: ${quoted}.`;
  }
  const { length } = text.trim().replaceAll(/ +/g, "_");
  if (length > LABEL_MAX_LENGTH) return `São no máximo ${LABEL_MAX_LENGTH} caracteres; aqui há ${length}.`;
  return messageOf("invalid_label");
}

function isAllowed(character: string): boolean {
  return character === " " || labelSchema.safeParse(character).success;
}

/** `migração` → `migracao`: a letter without its marks. */
function withoutAccents(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "");
}

/** The label as written into the file name; `null` when empty or invalid. */
export function labelInFile(input: string): string | null {
  return labelProblem(input) === null ? normalizeLabel(withoutAccents(input)) : null;
}
