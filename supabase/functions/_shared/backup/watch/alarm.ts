/** Alarms and their texts: the risk first, the remedy last. */
import type { Condition } from "./conditions.ts";

/** A condition that is notified; {@link ConditionId} lists those of the watch. */
export type Alarm = Condition<string>;

export const ALARM_EVENTS = ["raised", "changed", "cleared"] as const;
export type AlarmEvent = (typeof ALARM_EVENTS)[number];

/** 16 hexadecimal digits, equal for two states of one alarm that do not differ in a way worth a notification. */
export async function materialOf({ id, severity, material }: Alarm): Promise<string> {
  const bytes = new TextEncoder().encode(`${id}\n${severity}\n${material}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 8);
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Where an alarm comes from. */
export interface AlarmSource {
  /** When it was found. */
  at: string;
  /** The GitHub run that found it, if any. */
  runUrl: string | null;
}

/** The alarm of a cleared condition: id and title only. */
export function clearedAlarm({ id, title }: Pick<Alarm, "id" | "title">): Alarm {
  return { id, title, severity: "warning", risk: "", facts: [], todo: "", material: "" };
}

/** Plain text for chats. */
export function chatText(event: AlarmEvent, alarm: Alarm, issueUrl: string | null): string {
  const link = issueUrl === null ? [] : [issueUrl];
  if (event === "cleared") return [`Voltou ao normal: ${alarm.title}.`, ...link, "Nada a fazer."].join("\n");
  const facts = alarm.facts.map((fact) => `• ${fact}`);
  return [alarm.risk, `${alarm.title}:`, ...facts, ...link, `O que fazer: ${alarm.todo}`].join("\n");
}

/** One call of a webhook. */
export interface AlarmCall {
  event: AlarmEvent;
  alarm: Alarm;
  source: AlarmSource;
  issueUrl: string | null;
  /** The monthly test of the channels. */
  test: boolean;
}

/** The JSON body of a webhook call. @param delivery id of the delivery; a retry has the same */
export function alarmPayload({ event, alarm, source, issueUrl, test }: AlarmCall, delivery: string) {
  const { id, severity, title, risk, facts, todo } = alarm;
  return {
    text: chatText(event, alarm, issueUrl),
    delivery,
    event,
    test,
    condition: { id, severity, title, risk, facts, todo },
    issue_url: issueUrl,
    run_url: source.runUrl,
    sent_at: source.at,
  };
}
