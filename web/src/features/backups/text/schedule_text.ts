/** When the schedules run, in the reader's time zone, which is named. */

import { lastDue, type ScheduledWorkflow, SCHEDULES } from "@backup/runs/schedules.ts";
import { dayOf } from "../../../lib/day.ts";
import { formatDay, formatTime, zoneName } from "../../../lib/format.ts";

/** `00:10, Horário de Brasília`; of a weekly schedule `domingo, 02:30, Horário de Brasília`. */
export function scheduleText(file: ScheduledWorkflow, now: Date): string {
  const cron = SCHEDULES.find((each) => each.file === file)?.cron ?? "";
  const due = lastDue(cron, now);
  const isWeekly = !cron.endsWith("*");
  const [weekday] = formatDay(dayOf(due)).split(",");
  return [isWeekly ? weekday : null, formatTime(due), zoneName()].filter((part) => part !== null).join(", ");
}
