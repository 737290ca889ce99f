/** The schedules of the workflows. A test compares them with the workflow files. */

/** Every scheduled workflow with its cron, UTC. A job may skip further starts, which do not count. */
export const SCHEDULES = [
  { file: "db-backup.yml", cron: "10 3 * * *" },
  { file: "db-backup-restore-drill.yml", cron: "30 5 * * 0" },
  { file: "db-backup-prune.yml", cron: "40 6 * * *" },
  { file: "db-backup-watchdog.yml", cron: "23 */6 * * *" },
  { file: "db-backup-alarm-test.yml", cron: "41 12 1 * *" },
  { file: "db-backup-doctor.yml", cron: "47 9 * * 1" },
] as const;
export type ScheduledWorkflow = (typeof SCHEDULES)[number]["file"];

/** `minute hour day * weekday`, each but the minute a number or `*`; the hour also a step: every sixth. */
const CRON = /^(\d{1,2}) (\d{1,2}|\*(?:\/\d{1,2})?) (\d{1,2}|\*) \* (\d|\*)$/;
const HOUR_MS = 3_600_000;
const YEAR_HOURS = 366 * 24;

/**
 * The last instant at or before `now` at which the schedule was due.
 *
 * @example lastDue("30 5 * * 0", new Date("2026-11-24T12:00:00Z")) // Sunday, 2026-11-22T05:30:00Z
 * @throws {RangeError} for a cron of another form, or one that is never due.
 */
export function lastDue(cron: string, now: Date): Date {
  const [, minute, hour, day, weekday] = CRON.exec(cron) ?? [];
  if (minute === undefined) throw new RangeError(`Cannot read the schedule '${cron}'`);
  const fits = (field: string | undefined, value: number) =>
    field?.startsWith("*/") ? value % Number(field.slice(2)) === 0 : field === "*" || Number(field) === value;
  const latest = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS + Number(minute) * 60_000;
  for (let back = 0; back < YEAR_HOURS; back++) {
    const due = new Date(latest - back * HOUR_MS);
    if (due > now || !fits(hour, due.getUTCHours())) continue;
    if (fits(day, due.getUTCDate()) && fits(weekday, due.getUTCDay())) return due;
  }
  throw new RangeError(`Cannot compute when the schedule '${cron}' is due`);
}
