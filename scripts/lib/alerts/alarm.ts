/** Texts of an alarm's issue, and the mark that is stored in them. */
import type { Mark } from "../../../supabase/functions/_shared/alerts/deliver.ts";
import type { Alarm, AlarmSource } from "@backup/watch/alarm.ts";
import { moment } from "@backup/watch/text.ts";

const MARK = /<!-- revo-backups:alarm id=([a-z_]+) material=([0-9a-f]+) webhook=([0-9a-f]+|none) -->/;

export function readMark(body: string): Mark | null {
  const [, id, material, webhook] = MARK.exec(body) ?? [];
  if (id === undefined || material === undefined) return null;
  return { id, material, webhook: webhook === undefined || webhook === "none" ? null : webhook };
}

/** An issue's body, Markdown. */
export function issueText(alarm: Alarm, mark: Mark, source: AlarmSource): string {
  const run = source.runUrl === null ? "" : ` ([execução](${source.runUrl}))`;
  return [
    `**${escapeMarkdown(alarm.risk)}**`,
    "",
    ...alarm.facts.map((fact) => `- ${escapeMarkdown(fact)}`),
    "",
    `Visto pela última vez em ${
      moment(source.at)
    }${run}. Este aviso se fecha sozinho quando tudo voltar ao normal.`,
    "",
    `<!-- revo-backups:alarm id=${mark.id} material=${mark.material} webhook=${mark.webhook ?? "none"} -->`,
    "",
    `**O que fazer:** ${escapeMarkdown(alarm.todo)}`,
  ].join("\n");
}

/** The comment that notifies the issue's subscribers of changed facts. */
export function changeText(alarm: Alarm, source: AlarmSource): string {
  const facts = alarm.facts.map((fact) => `- ${escapeMarkdown(fact)}`);
  return [`Mudou (${moment(source.at)}):`, "", ...facts].join("\n");
}

export function clearedText(source: AlarmSource): string {
  const run = source.runUrl === null ? "" : ` ([execução](${source.runUrl}))`;
  return `Voltou ao normal: visto em ${moment(source.at)}${run}.`;
}

/** Escapes table names and server messages: they must not become mentions, links or HTML. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_<>[\]@#|~]/g, "\\$&").replaceAll("\n", " ");
}
