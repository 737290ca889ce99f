/** An alarm on its way out: first what is at risk, last what to do. */
import type { Condition } from "./conditions.ts";

/** Any condition that is told; the ids of the watch are some of them. */
export type Alarm = Condition<string>;

export const ALARM_EVENTS = ["raised", "changed", "cleared"] as const;
export type AlarmEvent = (typeof ALARM_EVENTS)[number];

/** Where an alarm comes from. */
export interface AlarmSource {
  /** When it was seen. */
  at: string;
  /** The run of GitHub that saw it, where there is one. */
  runUrl: string | null;
}

/** What an alarm that is over is told as: it has nothing more to say. */
export function clearedAlarm({ id, title }: Pick<Alarm, "id" | "title">): Alarm {
  return { id, title, severity: "warning", risk: "", facts: [], todo: "", material: "" };
}

/** For chats: plain lines. */
export function chatText(event: AlarmEvent, alarm: Alarm, issueUrl: string | null): string {
  const link = issueUrl === null ? [] : [issueUrl];
  if (event === "cleared") return [`Voltou ao normal: ${alarm.title}.`, ...link, "Nada a fazer."].join("\n");
  const facts = alarm.facts.map((fact) => `• ${fact}`);
  return [alarm.risk, `${alarm.title}:`, ...facts, ...link, `O que fazer: ${alarm.todo}`].join("\n");
}

/** What a webhook is told. */
export interface AlarmCall {
  event: AlarmEvent;
  alarm: Alarm;
  source: AlarmSource;
  issueUrl: string | null;
  /** An exercise, not an emergency. */
  test: boolean;
}

/** The JSON that a webhook gets. @param delivery the same when it is sent again */
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
