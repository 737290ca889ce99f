/** CSV for spreadsheets in Portuguese: separated by semicolons, every cell quoted. */

/** What a spreadsheet would run as a formula. */
const FORMULA = /^[\s]*[=+\-@]|^[\t\r]/;

/**
 * One cell. Text that a spreadsheet would run as a formula begins with an apostrophe.
 *
 * @example csvCell("=1+1") // `"'=1+1"`
 */
export function csvCell(value: string | null): string {
  const text = value ?? "";
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/** A file's text: byte order mark, names of the columns, one line a row. */
export function csvText(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  return "\ufeff" + [columns, ...rows].map((row) => row.map(csvCell).join(";") + "\r\n").join("");
}
