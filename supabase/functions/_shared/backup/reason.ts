/** The reason of a request, in the requester's words. */

/** Fewer letters tell no reason. */
export const REASON_MIN_LETTERS = 3;

/** Of a look into a backup: it shows rows of people. */
export const LOOK_REASON_MIN_LETTERS = 10;

/** Whether a text may be a reason: a letter or a row of dots is none. */
export function isReason(text: string | null | undefined, letters = REASON_MIN_LETTERS): boolean {
  return (text?.match(/\p{L}/gu)?.length ?? 0) >= letters;
}
