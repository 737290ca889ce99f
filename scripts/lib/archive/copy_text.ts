/** COPY's text format: fields with tabs between them, `\N` for null, escapes with a backslash. */

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };
const NULL = "\\N";

/**
 * The values of a row, `null` for null.
 * @param row as an archive has it, without its line feed
 * @example decodeRow(Buffer.from("1\t\\N\ta\\tb")) // ["1", null, "a\tb"]
 */
export function decodeRow(row: Uint8Array): (string | null)[] {
  if (row.length === 0) return [""];
  return Buffer.from(row.buffer, row.byteOffset, row.length).toString().split("\t").map((field) => {
    if (field === NULL) return null;
    return field.includes("\\")
      ? field.replaceAll(/\\([^])/g, (_, char: string) => ESCAPES[char] ?? char)
      : field;
  });
}

/** A text as it is within a field. */
export function encodeText(text: string): string {
  const letters = new Map(Object.entries(ESCAPES).map(([letter, char]) => [char, letter]));
  return text.replaceAll(/[\\\b\f\n\r\t\v]/g, (char) => `\\${letters.get(char) ?? char}`);
}
