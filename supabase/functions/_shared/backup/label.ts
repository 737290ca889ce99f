/** Labels that an admin gives to a backup; they become part of the object's name. */
import { z } from "zod";
import { BackupError } from "./errors.ts";

export const LABEL_MAX_LENGTH = 40;
/** Label of the safety copy that a restore takes. */
export const SAFETY_LABEL = "antes-da-restauracao";
const LABEL = /^[A-Za-z0-9._-]+$/;
/** The manifest of an archive with such a label would have the key of an encrypted archive's. */
const AMBIGUOUS_END = ".dump.gz.age";

/**
 * Letters without their marks, no spaces around them, `_` for each run of spaces. Of marks Unicode's canonical
 * decomposition (NFD) and its first block of them count (U+0300 to U+036F). A character that no label takes stays.
 * @example convertLabel(" antes da  migração") // "antes_da_migracao"
 */
export function convertLabel(input: string): string {
  const letters = input.normalize("NFD").replaceAll(/[\u0300-\u036f]/g, "");
  return letters.replaceAll(/^ +| +$/g, "").replaceAll(/ +/g, "_");
}

/**
 * The label as the object key contains it: {@link convertLabel}, empty → `null`. The database and `backup_db_local.sh`
 * make the same of each text (`supabase/tests/names.test.ts`).
 * @throws {BackupError} `invalid_label` when another character is left, it is longer than {@link LABEL_MAX_LENGTH}, or ends as
 * an encrypted archive does.
 */
export function normalizeLabel(input: string | null | undefined): string | null {
  const label = convertLabel(input ?? "");
  if (label === "") return null;
  if (label.length > LABEL_MAX_LENGTH) {
    throw new BackupError(
      "invalid_label",
      `Cannot use a label of ${label.length} characters: at most ${LABEL_MAX_LENGTH} are allowed`,
    );
  }
  if (!LABEL.test(label)) {
    throw new BackupError(
      "invalid_label",
      `Cannot use the label ${
        JSON.stringify(label)
      }: only letters A-Z a-z, digits, '.', '_' and '-' are allowed`,
    );
  }
  if (label.endsWith(AMBIGUOUS_END)) {
    throw new BackupError(
      "invalid_label",
      `Cannot use the label ${label}: it must not end in ${AMBIGUOUS_END}`,
    );
  }
  return label;
}

/** Zod form of {@link normalizeLabel} for the edges that validate a whole object. */
export const labelSchema = z.string().nullish().transform((value, context) => {
  try {
    return normalizeLabel(value);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
});
