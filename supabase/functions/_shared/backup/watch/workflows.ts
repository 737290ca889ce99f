/** Which of GitHub's workflows are watched, and for how long each may be silent. */
import { type ScheduledWorkflow, SCHEDULES } from "../runs/schedules.ts";
import type { WorkflowFacts } from "./conditions.ts";

/** After how many hours without a scheduled run silence matters: the period, and room for GitHub's delays. */
export const LATE_AFTER_HOURS: Readonly<Record<ScheduledWorkflow, number>> = {
  "db-backup.yml": 26,
  "db-backup-restore-drill.yml": 8 * 24,
  "db-backup-prune.yml": 26,
  "db-backup-watchdog.yml": 6,
  "db-backup-alarm-test.yml": 33 * 24,
  "db-backup-doctor.yml": 8 * 24,
};

export const WATCHED_WORKFLOWS: readonly Pick<WorkflowFacts, "file" | "scheduleHours">[] = [
  ...SCHEDULES.map(({ file }) => ({ file, scheduleHours: LATE_AFTER_HOURS[file] })),
  { file: "db-restore-from-r2.yml", scheduleHours: null },
];
