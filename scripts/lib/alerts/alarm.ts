/** An alarm as an issue of the repository: its texts, and what is remembered in them. */
import { createHash } from "node:crypto";
import type { Alarm, AlarmSource } from "@backup/watch/alarm.ts";
import { moment } from "@backup/watch/text.ts";

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

/** Names of tables and messages of servers must not mention people, link or make HTML. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_<>[\]@#|~]/g, "\\$&").replaceAll("\n", " ");
}
