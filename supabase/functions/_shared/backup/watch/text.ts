/** Formats numbers and times for alarms, pt-BR. */

const number = new Intl.NumberFormat("pt-BR", { maximumFractionDigits: 1 });
const HOUR = 3_600_000;

/** Hours from `earlier` to `later`; negative when `later` is before `earlier`. */
export function hoursBetween(earlier: string, later: string): number {
  return (Date.parse(later) - Date.parse(earlier)) / HOUR;
}

/** @example age(50) // "2 dias" @example age(5.2) // "5 h" */
export function age(hours: number): string {
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} dias`;
}

/** @example moment("2026-01-15T03:10:22Z") // "2026-01-15 03:10 UTC" */
export function moment(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function count(value: number): string {
  return number.format(value);
}

/** @example megabytes(1_234_567) // "1,2 MB" */
export function megabytes(bytes: number): string {
  return `${number.format(bytes / 1e6)} MB`;
}

/** At most `limit` lines, then one with the number of the others. */
export function shortened(lines: readonly string[], limit = 20): string[] {
  const more = lines.length - limit;
  return more <= 0 ? [...lines] : [...lines.slice(0, limit), `… e mais ${more}`];
}
