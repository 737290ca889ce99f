/** Formats numbers and times for alarms, pt-BR. */

const number = new Intl.NumberFormat("pt-BR", { maximumFractionDigits: 1 });
/** Alarms are read in Brazil, in mail and chat too: there is no reader's zone to ask for. */
const instantFormat = new Intl.DateTimeFormat("pt-BR", {
  dateStyle: "short",
  timeStyle: "short",
  timeZone: "America/Sao_Paulo",
});
const HOUR = 3_600_000;

/** Hours from `earlier` to `later`; negative when `later` is before `earlier`. */
export function hoursBetween(earlier: string, later: string): number {
  return (Date.parse(later) - Date.parse(earlier)) / HOUR;
}

/** @example age(50) // "2 dias" @example age(5.2) // "5 h" */
export function age(hours: number): string {
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} dias`;
}

/** @example moment("2026-01-15T03:10:22Z") // "15/01/2026, 00:10 (horário de Brasília)" */
export function moment(instant: string): string {
  return `${instantFormat.format(new Date(instant))} (horário de Brasília)`;
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
