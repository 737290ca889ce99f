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
/** Further starts of `db-backup.yml` where `REVO_BACKUP_EVERY_FOUR_HOURS` asks for them. */
export const FOUR_HOURLY = "10 7-23/4 * * *";
export type ScheduledWorkflow = (typeof SCHEDULES)[number]["file"];

/** `minute hour day * weekday`, each but the minute a number or `*`; the hour also a step, of all hours or of a range. */
const CRON = /^(\d{1,2}) (\d{1,2}|(?:\*|\d{1,2}-\d{1,2})(?:\/\d{1,2})?) (\d{1,2}|\*) \* (\d|\*)$/;
const HOUR_MS = 3_600_000;
const YEAR_HOURS = 366 * 24;

/**
 * The last instant at or before `now` at which the schedule was due.
 *
 * @example lastDue("30 5 * * 0", new Date("2026-11-24T12:00:00Z")) // Sunday, 2026-11-22T05:30:00Z
 * @throws {RangeError} for a cron of another form, or one that is never due.
 */
export function lastDue(cron: string, now: Date): Date {
  return nearestDue(cron, now, -1);
}

/**
 * The first instant after `now` at which the schedule is due.
 *
 * @example nextDue("30 5 * * 0", new Date("2026-11-24T12:00:00Z")) // Sunday, 2026-11-29T05:30:00Z
 * @throws {RangeError} for a cron of another form, or one that is never due.
 */
export function nextDue(cron: string, now: Date): Date {
  return nearestDue(cron, now, 1);
}

function nearestDue(cron: string, now: Date, direction: 1 | -1): Date {
  const [, minute, hour, day, weekday] = CRON.exec(cron) ?? [];
  if (minute === undefined) throw new RangeError(`Cannot read the schedule '${cron}'`);
  const thisHour = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS + Number(minute) * 60_000;
  for (let hours = 0; hours < YEAR_HOURS; hours++) {
    const due = new Date(thisHour + direction * hours * HOUR_MS);
    if (direction < 0 ? due > now : due <= now) continue;
    if (!fits(hour, due.getUTCHours())) continue;
    if (fits(day, due.getUTCDate()) && fits(weekday, due.getUTCDay())) return due;
  }
  throw new RangeError(`Cannot compute when the schedule '${cron}' is due`);
}

/** Whether a field of {@link CRON} admits the value. */
function fits(field: string | undefined, value: number): boolean {
  const [range = "*", step = "1"] = (field ?? "*").split("/");
  const [first = "0", last = range === "*" ? "59" : first] = range === "*" ? [] : range.split("-");
  return value >= Number(first) && value <= Number(last) && (value - Number(first)) % Number(step) === 0;
}
