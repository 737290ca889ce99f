/** The text of a JSON object that is hashed and signed: the same for every formatting of the same content. */

/**
 * Without the fields in `leftOut`, keys sorted at every level, no white space. `jq -cjS 'del(.NAME)'` prints the same.
 * @param leftOut names of fields of the object itself, not of objects within it
 */
export function canonicalText(value: unknown, leftOut: readonly string[] = []): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    const entries = Object.entries(each).filter(([name]) => key !== "" || !leftOut.includes(name));
    return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
  });
}

/** SHA-256 of a text or of bytes, hexadecimal. */
export async function sha256Hex(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
