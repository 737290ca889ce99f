/** An alarm's texts: first what is at risk, last what to do. */
import { createHash } from "node:crypto";
import type { Condition } from "../../../supabase/functions/_shared/backup/watch.ts";
import { moment } from "../../../supabase/functions/_shared/backup/watch_words.ts";

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

/** Short, and equal for alarms that do not differ in a way worth a message. */
export function materialOf(alarm: Alarm): string {
  return createHash("sha256").update(`${alarm.id}\n${alarm.severity}\n${alarm.material}`).digest("hex").slice(
    0,
    16,
  );
}

/** What is hidden in an alarm's issue: which alarm it is, and what each channel has heard of it. */
export interface Mark {
  id: string;
  /** {@link materialOf} of what the issue tells. */
  material: string;
  /** {@link materialOf} of what the webhook took last; `null` when it took nothing. */
  webhook: string | null;
}

const MARK = /<!-- revo-backups:alarm id=([a-z_]+) material=([0-9a-f]+) webhook=([0-9a-f]+|none) -->/;

export function readMark(body: string): Mark | null {
  const [, id, material, webhook] = MARK.exec(body) ?? [];
  if (id === undefined || material === undefined) return null;
  return { id, material, webhook: webhook === undefined || webhook === "none" ? null : webhook };
}

/** An issue's body, Markdown. */
export function issueText(alarm: Alarm, mark: Mark, source: AlarmSource): string {
  const seen = source.runUrl === null ? "" : ` ([execução](${source.runUrl}))`;
  return [
    `**${escapeMarkdown(alarm.risk)}**`,
    "",
    ...alarm.facts.map((fact) => `- ${escapeMarkdown(fact)}`),
    "",
    `Visto pela última vez em ${
      moment(source.at)
    }${seen}. Este aviso se fecha sozinho quando tudo voltar ao normal.`,
    "",
    `<!-- revo-backups:alarm id=${mark.id} material=${mark.material} webhook=${mark.webhook ?? "none"} -->`,
    "",
    `**O que fazer:** ${escapeMarkdown(alarm.todo)}`,
  ].join("\n");
}

/** The comment that tells watchers of the issue what is different. */
export function changeText(alarm: Alarm, source: AlarmSource): string {
  const facts = alarm.facts.map((fact) => `- ${escapeMarkdown(fact)}`);
  return [`Mudou (${moment(source.at)}):`, "", ...facts].join("\n");
}

export function clearedText(source: AlarmSource): string {
  const seen = source.runUrl === null ? "" : ` ([execução](${source.runUrl}))`;
  return `Voltou ao normal: visto em ${moment(source.at)}${seen}.`;
}

/** For chats: plain lines. */
export function chatText(event: AlarmEvent, alarm: Alarm, issueUrl: string | null): string {
  const link = issueUrl === null ? [] : [issueUrl];
  if (event === "cleared") return [`Voltou ao normal: ${alarm.title}.`, ...link, "Nada a fazer."].join("\n");
  const facts = alarm.facts.map((fact) => `• ${fact}`);
  return [alarm.risk, `${alarm.title}:`, ...facts, ...link, `O que fazer: ${alarm.todo}`].join("\n");
}

/** Names of tables and messages of servers must not mention people, link or make HTML. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_<>[\]@#|~]/g, "\\$&").replaceAll("\n", " ");
}
