/** The watchdog's result as a job summary, in Markdown. */
import type { Round } from "../../../supabase/functions/_shared/alerts/round.ts";
import { table } from "../run/job_summary.ts";

export function watchSummary({ conditions, unknown, delivered }: Round): string {
  const links = new Map(delivered.delivered.map(({ id, issue }) => [id, issue]));
  const rows = conditions.map(({ id, title, facts }) => {
    const issue = links.get(id);
    const where = issue ? ` ([#${issue.number}](${issue.url}))` : "";
    return [`\`${id}\``, `${title}${where}: ${facts.join(" ")}`] as const;
  });
  const notChecked = unknown.length === 0 ? [] : [["Não visto", unknown.join(", ")] as const];
  return table(conditions.length === 0 ? "Vigia: tudo em ordem" : "Vigia: há avisos", [
    ...rows,
    ...notChecked,
  ]);
}
