/** Parts of the job summaries on GitHub: Markdown for an admin, numbers in pt-BR. */

export const number = new Intl.NumberFormat("pt-BR");

export function table(title: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([name, value]) => `| ${name} | ${value.replaceAll("|", "\\|")} |`);
  return [`### ${title}`, "", "| | |", "|---|---|", ...lines, ""].join("\n");
}
