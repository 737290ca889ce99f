/** The job summary of a drill, in Markdown for an admin. */
import { checkTitle, failedChecks, isTried } from "@backup/vault/receipt.ts";
import { number, table } from "../run/job_summary.ts";
import type { CompletedDrill } from "./drill.ts";

/** Every check, failures first, then what was not proven, then the times. */
export function drillSummary({ receipt, receiptKey }: CompletedDrill): string {
  const { checks, not_proven, seconds, total_seconds, r2_key } = receipt;
  const failed = failedChecks(checks).length;
  const verdict = failed > 0
    ? `REPROVADO (${failed} ${failed === 1 ? "falha" : "falhas"})`
    : isTried(checks)
    ? "aprovado"
    : "NÃO REALIZADO";
  const ordered = [...checks].sort((a, b) => Number(b.verdict === "FAIL") - Number(a.verdict === "FAIL"));
  const times = [...Object.entries(seconds), ["total", total_seconds] as const];
  return [
    table(`Ensaio de restauração ${verdict}`, [
      ["Backup", `\`${r2_key}\``],
      ["Recibo", `\`${receiptKey}\``],
      ...ordered.map(({ name, verdict, detail }) =>
        [`${verdict} ${checkTitle(name)} (\`${name}\`)`, detail.replaceAll(/\s+/g, " ")] as const
      ),
    ]),
    table("O que não foi provado", not_proven.map(({ name, why }) => [name, why])),
    table("Tempo de cada fase (s)", times.map(([phase, s]) => [phase, number.format(s)])),
  ].join("\n");
}
