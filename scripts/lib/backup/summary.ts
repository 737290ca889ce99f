/** The job summary of a backup, in Markdown for an admin. */
import { warningText } from "@backup/vault/warnings.ts";
import { megabytes } from "@backup/watch/text.ts";
import { number, table } from "../run/job_summary.ts";
import type { TakenBackup } from "./take_backup.ts";

export function backupSummary({ keys, manifest, verifiedAt }: TakenBackup, bucket: string): string {
  const warnings = (manifest.warnings ?? []).map(warningText);
  const listed = table("Avisos deste backup", warnings.map((text, i) => [String(i + 1), text]));
  return (warnings.length === 0 ? "" : `${listed}\n`) + table("Backup concluído", [
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
