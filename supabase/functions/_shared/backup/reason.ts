/** The reason of a request, in the requester's words. */

/** Fewer letters tell no reason. */
export const REASON_MIN_LETTERS = 3;

/** Whether a text may be a reason: a letter or a row of dots is none. */
export function isReason(text: string | null | undefined): boolean {
  return (text?.match(/\p{L}/gu)?.length ?? 0) >= REASON_MIN_LETTERS;
}
