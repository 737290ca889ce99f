/** The watched workflows, each with the time after which its schedule is late. */
import { SCHEDULES } from "../runs/schedules.ts";
import { hours, SCHEDULE_LATE_AFTER_MS } from "../service_levels.ts";
import type { WorkflowFacts } from "./conditions.ts";

export const WATCHED_WORKFLOWS: readonly Pick<WorkflowFacts, "file" | "scheduleHours">[] = [
  ...SCHEDULES.map(({ file }) => ({ file, scheduleHours: hours(SCHEDULE_LATE_AFTER_MS[file]) })),
  { file: "db-restore-from-r2.yml", scheduleHours: null },
];
