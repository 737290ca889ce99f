/** Deduplicates notifications: one per condition, again when it changes, and one when it clears. */
import { type Alarm, type AlarmEvent, clearedAlarm, materialOf } from "./alarm.ts";
import type { NotifiedAlarms } from "./catalog_facts.ts";

export interface DueAlarm {
  event: AlarmEvent;
  alarm: Alarm;
}

/** Input of {@link dueAlarms}. */
export interface NotificationState {
  alarms: readonly Alarm[];
  /** Conditions that could not be evaluated: their notifications are neither repeated nor cleared. */
  unknown: readonly string[];
  /** What was delivered before. */
  notified: NotifiedAlarms;
  /** Another watch delivers new alarms; this one only clears what it delivered before. */
  isSilent: boolean;
}

/** The notifications that are due, new ones before cleared ones. */
export function dueAlarms({ alarms, unknown, notified, isSilent }: NotificationState): DueAlarm[] {
  const fresh = alarms.flatMap((alarm): DueAlarm[] => {
    const before = notified[alarm.id];
    if (isSilent || before?.material === materialOf(alarm)) return [];
    return [{ event: before === undefined ? "raised" : "changed", alarm }];
  });
  const isOver = (id: string) => !unknown.includes(id) && !alarms.some((alarm) => alarm.id === id);
  const over = Object.entries(notified).filter(([id]) => isOver(id)).map(([id, { title }]): DueAlarm => (
    { event: "cleared", alarm: clearedAlarm({ id, title }) }
  ));
  return [...fresh, ...over];
}

/** What to keep for the next round after a notification was delivered. */
export function afterNotifying(notified: NotifiedAlarms, { event, alarm }: DueAlarm): NotifiedAlarms {
  const { [alarm.id]: _, ...others } = notified;
  if (event === "cleared") return others;
  return { ...others, [alarm.id]: { title: alarm.title, material: materialOf(alarm) } };
}
