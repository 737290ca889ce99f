/** Who remembers what he told tells each alarm once, again when it differs, and its end. */
import { type Alarm, type AlarmEvent, clearedAlarm } from "./alarm.ts";
import type { NotifiedAlarms } from "./catalog.ts";

export interface DueAlarm {
  event: AlarmEvent;
  alarm: Alarm;
}

export interface Standing {
  alarms: readonly Alarm[];
  /** Conditions that nobody can tell of this time: what was told of them stands. */
  unknown: readonly string[];
  told: NotifiedAlarms;
  /** Somebody else tells what is new; only what was told before is still ours to end. */
  isSilent: boolean;
}

/** The messages that are due, the new ones first. */
export function dueAlarms({ alarms, unknown, told, isSilent }: Standing): DueAlarm[] {
  const fresh = alarms.flatMap((alarm): DueAlarm[] => {
    const before = told[alarm.id];
    if (isSilent || before?.material === materialOf(alarm)) return [];
    return [{ event: before === undefined ? "raised" : "changed", alarm }];
  });
  const isOver = (id: string) => !unknown.includes(id) && !alarms.some((alarm) => alarm.id === id);
  const over = Object.entries(told).filter(([id]) => isOver(id)).map(([id, { title }]): DueAlarm => (
    { event: "cleared", alarm: clearedAlarm({ id, title }) }
  ));
  return [...fresh, ...over];
}

/** What is remembered after a message was taken. */
export function afterNotifying(told: NotifiedAlarms, { event, alarm }: DueAlarm): NotifiedAlarms {
  const { [alarm.id]: _, ...others } = told;
  if (event === "cleared") return others;
  return { ...others, [alarm.id]: { title: alarm.title, material: materialOf(alarm) } };
}

function materialOf({ severity, material }: Alarm): string {
  return `${severity}\n${material}`;
}
