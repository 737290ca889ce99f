/** What a run says in the job's summary on GitHub, in Markdown for an admin. */
import { isProving } from "../../supabase/functions/_shared/backup/manifest.ts";
import { checkTitle, failedChecks } from "../../supabase/functions/_shared/backup/receipt.ts";
import type { TakenBackup } from "./backup/take_backup.ts";
import type { Drilled } from "./drill/drill.ts";
import type { Restored } from "./restore/restore_backup.ts";

export const number = new Intl.NumberFormat("pt-BR");
export const megabytes = (bytes: number) => `${number.format(Math.round(bytes / 1e5) / 10)} MB`;

export function backupSummary({ keys, manifest, verifiedAt }: TakenBackup, bucket: string): string {
  return table("Backup concluído", [
    ["Banco", manifest.target],
    ["Objeto", `\`${bucket}/${keys.archive}\``],
    ["SHA-256", `\`${manifest.sha256}\``],
    ["Tamanho", `${megabytes(manifest.bytes)} (${megabytes(manifest.raw_bytes)} sem compressão)`],
    [
      "Conteúdo",
      `${number.format(manifest.tables_total)} tabelas, ${number.format(manifest.rows_total)} linhas`,
    ],
    ["Duração", `${number.format(Math.round(manifest.duration_ms / 100) / 10)} s`],
    ["Relido por inteiro", verifiedAt ?? "não (tamanho e partes conferidos)"],
  ]);
}

export function restoreSummary(restored: Restored, key: string, target: string): string {
  const { manifest, safety, verified } = restored;
  return table("Restauração concluída", [
    ["Destino", target],
    ["Backup", `\`${key}\``],
    ["Feito em", manifest?.created_at_utc ?? "desconhecido (sem manifesto)"],
    ["Provas do backup", manifest && isProving(manifest) ? "completas" : "formato antigo, menos provas"],
    ["Conferido", `${number.format(verified.tables)} tabelas, ${number.format(verified.rows)} linhas`],
    ["Não conferido", verified.notChecked.join("; ") || "nada"],
    ["Cópia anterior do destino", safety ? `\`${safety.keys.archive}\`` : "não foi feita"],
  ]);
}

/** Every check, failures first, then what was not proven, then the times. */
export function drillSummary({ receipt, receiptKey }: Drilled): string {
  const { checks, not_proven, seconds, total_seconds, r2_key } = receipt;
  const failed = failedChecks(checks).length;
  const verdict = failed > 0 ? `REPROVADO (${failed} ${failed === 1 ? "falha" : "falhas"})` : "aprovado";
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

export function table(title: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([name, value]) => `| ${name} | ${value.replaceAll("|", "\\|")} |`);
  return [`### ${title}`, "", "| | |", "|---|---|", ...lines, ""].join("\n");
}
