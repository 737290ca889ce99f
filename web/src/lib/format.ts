/** pt-BR formats of numbers, sizes and durations. Pure: time zone and clock are parameters. */

const LOCALE = "pt-BR";
const NO_BREAK_SPACE = "\u00a0";
const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Number formats by maximum fraction digits, cached: creating an Intl format costs as much as a hundred uses. */
const numberFormat = remembered((maximumFractionDigits: number) =>
  new Intl.NumberFormat(LOCALE, { maximumFractionDigits })
);
const alignedFormat = remembered((digits: number) =>
  new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits })
);
const instantFormat = remembered((timeZone: string | undefined) =>
  new Intl.DateTimeFormat(LOCALE, { dateStyle: "short", timeStyle: "short", timeZone })
);
const dayFormat = remembered((timeZone: string) =>
  new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "2-digit", month: "2-digit", timeZone })
);
const timeFormat = remembered((timeZone: string | undefined) =>
  new Intl.DateTimeFormat(LOCALE, { timeStyle: "short", timeZone })
);

/** Memoizes `make` per argument. */
function remembered<Argument, Made>(make: (argument: Argument) => Made): (argument: Argument) => Made {
  const made = new Map<Argument, Made>();
  return (argument) => {
    const known = made.get(argument) ?? make(argument);
    made.set(argument, known);
    return known;
  };
}

/** `12345` → `12.345`. */
export function formatCount(count: number): string {
  return numberFormat(0).format(count);
}

/** `1 tabela`, `2 tabelas`. */
export function formatCounted(count: number, singular: string, plural: string): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** A size in decimal units, three digits at most: `1500` → `1,5 kB`; for a column of them, three: `1,50 kB`. */
export function formatBytes(bytes: number, { aligned = false } = {}): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return (aligned ? alignedFormat : numberFormat)(digits).format(value) + NO_BREAK_SPACE + UNITS[unit];
}

/** `0.029` → `US$ 0,03`. */
export function formatUsd(amount: number): string {
  return new Intl.NumberFormat(LOCALE, { style: "currency", currency: "USD" }).format(amount);
}

/** A duration in milliseconds, the two largest units: `192000` → `3 min 12 s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (milliseconds > 0 && seconds === 0) return `menos de 1${NO_BREAK_SPACE}s`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return `0${NO_BREAK_SPACE}s`;
  return parts.slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => amount + NO_BREAK_SPACE + unit)
    .join(" ");
}

/** The age of an instant: `agora`, `há 12 min`, `há 3 h`, `há 5 dias`. A future instant counts as now. */
export function formatAgo(instant: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - instant.getTime()) / 60_000);
  if (minutes < 1) return "agora";
  if (minutes < 60) return `há ${minutes}${NO_BREAK_SPACE}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `há ${hours}${NO_BREAK_SPACE}h`;
  return `há ${formatCount(Math.floor(hours / 24))}${NO_BREAK_SPACE}dias`;
}

/** The browser's time zone, for example `America/Sao_Paulo`. */
export function readersTimeZone(): string {
  return instantFormat(undefined).resolvedOptions().timeZone;
}

/** The name of the browser's time zone, or of the given one: `Horário de Brasília`. */
export function zoneName(timeZone?: string): string {
  const parts = new Intl.DateTimeFormat(LOCALE, { timeZoneName: "longGeneric", timeZone }).formatToParts();
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? readersTimeZone();
}

/** Day and time in the browser's time zone or the given one: `24/11/2026 03:10`. */
export function formatInstant(instant: Date, timeZone?: string): string {
  const parts = instantFormat(timeZone).formatToParts(instant);
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part.day}/${part.month}/${part.year} ${part.hour}:${part.minute}`;
}

/** The time in the browser's time zone or the given one: `03:10`. */
export function formatTime(instant: Date, timeZone?: string): string {
  return timeFormat(timeZone).format(instant);
}

/** A calendar day, `2026-11-24` → `terça-feira, 24/11`. */
export function formatDay(day: string): string {
  return dayFormat("UTC").format(new Date(`${day}T00:00:00Z`));
}

/** The same without the weekday: `24/11`. */
export function formatDayShort(day: string): string {
  const [, month, date] = day.split("-");
  return `${date}/${month}`;
}

/** The same instant in UTC, to the second: `24/11/2026 06:10:22 UTC`. */
export function formatUtc(instant: Date): string {
  const [day, time] = [instant.toISOString().slice(0, 10), instant.toISOString().slice(11, 19)];
  return `${day.split("-").reverse().join("/")} ${time} UTC`;
}

/** Whole percent, at most 100, and 100 only when complete. */
export function percentOf(done: number, expected: number): number {
  if (expected <= 0) return 0;
  return done >= expected ? 100 : Math.min(99, Math.floor((done / expected) * 100));
}
