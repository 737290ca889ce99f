/**
 * Service levels: how old, late or silent each part may be before the product acts. The only home of these numbers;
 * texts, alarms and the screen are made from them. The database has its own copy of those that it decides by
 * ({@link CATALOG_SERVICE_LEVELS}); `supabase/tests/service_levels.test.ts` holds both, and the documents, equal.
 */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Distance of the scheduled backups where they are made several times a day. */
export const BACKUP_SLOT_MS = 4 * HOUR_MS;
/** Age of the newest full backup: the daily period and two hours for late schedules and the dump itself. */
export const BACKUP_OVERDUE_AFTER_MS = 26 * HOUR_MS;
/** The same when two nightly backups are missing. */
export const BACKUP_LONG_OVERDUE_AFTER_MS = 50 * HOUR_MS;
/** Age of the newest drill that passed: the weekly period and a day. */
export const PROOF_OVERDUE_AFTER_MS = 8 * DAY_MS;

/** How long after its end a plan allows a restore of production. */
export const PLAN_VALID_MS = 30 * MINUTE_MS;

/** How long a run's pass permits to follow and cancel it without the catalog: the longest job on GitHub's machines. */
export const RUN_PASS_VALID_MS = 6 * HOUR_MS;
/** How long after its request a restore of production may begin on GitHub. */
export const RESTORE_REQUEST_VALID_MS = 30 * MINUTE_MS;
/** How long a restore of production without such a request is an alarm. */
export const BREAK_GLASS_SHOWN_MS = 24 * HOUR_MS;

/** How long a request of a restore of production waits for a second user. */
export const APPROVAL_VALID_MS = 30 * MINUTE_MS;
/** How often the audit is read as a whole; every hour only what was added since. */
export const AUDIT_WHOLE_AFTER_MS = 12 * HOUR_MS;
/** How long a backup may be held. */
export const HOLD_LONGEST_MS = 36600 * DAY_MS;

/** How long the request of a look and its sealed answer are kept. */
export const LOOK_VALID_MS = 10 * MINUTE_MS;

/** How often a script reports while nothing changes. */
export const HEARTBEAT_INTERVAL_MS = 15 * SECOND_MS;
/** Silence after which the screen shows that a running script does not report. */
export const SILENCE_SHOWN_AFTER_MS = MINUTE_MS;
/** Silence after which GitHub's statement that a run has ended is accepted for a running script. */
export const SETTLE_AFTER_SILENCE_MS = 2 * MINUTE_MS;
/** Silence after which a running script is given up: the run is `lost`. */
export const RUN_SILENT_AFTER_MS = 10 * MINUTE_MS;
/** How long a `queued` or `unknown` run without a GitHub run holds its target before it is `lost`. */
export const RUN_UNCONFIRMED_AFTER_MS = 10 * MINUTE_MS;
/** The same for a run that GitHub confirmed and whose script has not begun. */
export const RUN_NOT_BEGUN_AFTER_MS = 6 * HOUR_MS;

/**
 * Time without a scheduled start after which a schedule is late, by workflow: the period and room for GitHub's delays;
 * for the watchdog, which starts every six hours, two periods and an hour.
 */
export const SCHEDULE_LATE_AFTER_MS = {
  "db-backup.yml": 26 * HOUR_MS,
  "db-backup-restore-drill.yml": 8 * DAY_MS,
  "db-backup-prune.yml": 26 * HOUR_MS,
  "db-backup-watchdog.yml": 13 * HOUR_MS,
  "db-backup-alarm-test.yml": 33 * DAY_MS,
  "db-backup-doctor.yml": 8 * DAY_MS,
} as const;
/** Time without a report after which a watch is silent, by its name. The database's clock calls `watch` every hour. */
export const WATCH_SILENT_AFTER_MS = {
  watchdog: SCHEDULE_LATE_AFTER_MS["db-backup-watchdog.yml"],
  watch: 3 * HOUR_MS,
} as const;
/** How late a single scheduled start may be: GitHub delays schedules under load. */
export const START_LATE_AFTER_MS = 3 * HOUR_MS;

/** How far a key, manifest or receipt may be dated after the vault's own time of its object: clocks of machines differ. */
export const VAULT_TIME_AHEAD_MS = HOUR_MS;
/** How far before it: the longest backup of GitHub's machines. */
export const VAULT_TIME_BEHIND_MS = 6 * HOUR_MS;

/** Remaining life of a token below which it is to be renewed. */
export const TOKEN_EXPIRES_SOON_MS = 14 * DAY_MS;
/** The same, urgently. */
export const TOKEN_EXPIRES_NOW_MS = 3 * DAY_MS;

/** The levels that SQL decides by, under their names in `public.ops_db_backup_service_level`. */
export const CATALOG_SERVICE_LEVELS = {
  plan_valid: PLAN_VALID_MS,
  settle_after_silence: SETTLE_AFTER_SILENCE_MS,
  run_silent: RUN_SILENT_AFTER_MS,
  run_unconfirmed: RUN_UNCONFIRMED_AFTER_MS,
  run_not_begun: RUN_NOT_BEGUN_AFTER_MS,
  vault_time_ahead: VAULT_TIME_AHEAD_MS,
  restore_request_valid: RESTORE_REQUEST_VALID_MS,
  break_glass_shown: BREAK_GLASS_SHOWN_MS,
  approval_valid: APPROVAL_VALID_MS,
  hold_longest: HOLD_LONGEST_MS,
  audit_whole: AUDIT_WHOLE_AFTER_MS,
  look_valid: LOOK_VALID_MS,
} as const;

/** @example hours(26 * HOUR_MS) // 26 */
export function hours(ms: number): number {
  return ms / HOUR_MS;
}

/** @example minutes(30 * MINUTE_MS) // 30 */
export function minutes(ms: number): number {
  return ms / MINUTE_MS;
}

/** @example days(8 * DAY_MS) // 8 */
export function days(ms: number): number {
  return ms / DAY_MS;
}
