/** Calendar days as `2026-11-24`, and the instants at which they start in the browser's time zone. */

import { z } from "zod";

export const daySchema = z.iso.date();

/** The day of an instant in the browser's time zone. */
export function dayOf(instant: Date): string {
  const pad = (number: number, length: number) => String(number).padStart(length, "0");
  return [
    pad(instant.getFullYear(), 4),
    pad(instant.getMonth() + 1, 2),
    pad(instant.getDate(), 2),
  ].join("-");
}

/** The start of a day in the browser's time zone, plus `days`. */
export function beginOfDay(day: string, days = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + days);
}
