/** The result of reconcile for the log and the job summary. */
import type { Rebuilt } from "./rebuild_audit.ts";
import { number, table } from "../run/job_summary.ts";
import type { Finding, Reconciled } from "./reconcile.ts";
import { ARCHIVE_VERDICTS, type ArchiveVerdict } from "./verdict.ts";

/** Something was lost or damaged, or needs a person's decision. */
const BAD: ReadonlySet<ArchiveVerdict> = new Set([
  "dated_ahead",
  "wrong_size",
  "sealed",
  "manifest_missing",
  "archive_missing",
  "gone",
]);

/** pt-BR, as the admin reads it in the summary. */
const WORDS: Record<ArchiveVerdict, string> = {
  agreed: "Conferem",
  enter: "Incluídos pelo manifesto",
  signer_unknown: "Assinatura conferida de novo",
  dated_ahead: "Datados no futuro: não contam",
  wrong_size: "Tamanho diferente do catálogo",
  enter_by_hash: "Sem manifesto: lidos, com hash calculado, incluídos",
  sealed: "Cifrados e sem manifesto: só à mão",
  unfinished: "Sem manifesto: a execução não terminou",
  recent: "Sem manifesto ainda: recentes demais",
  half_deleted: "Apagados pela metade (a limpeza termina)",
  manifest_missing: "Manifesto perdido",
  archive_missing: "Manifesto sem arquivo",
  orphan: "Sobras de backups que não existem mais",
  gone: "No catálogo, mas não no cofre",
  known_as_deleted: "Apagados, e o catálogo sabe",
};

/** One line of the log. */
export function describeFinding({ key, verdict, outcome }: Finding): { text: string; isBad: boolean } {
  const result = typeof outcome === "object"
    ? `failed: ${outcome.failed}`
    : outcome === "done"
    ? "done"
    : "left";
  return {
    text: `${key}: ${ARCHIVE_VERDICTS[verdict]} (${result})`,
    isBad: typeof outcome === "object" || BAD.has(verdict),
  };
}

/** @param rebuilt `null` in a preview, which restores nothing */
export function reconcileSummary(
  { counts, foreign, failed }: Reconciled,
  rebuilt: Rebuilt | null,
  applied: boolean,
): string {
  const found = Object.entries(counts).map(([verdict, count]) =>
    [WORDS[verdict as ArchiveVerdict], number.format(count)] as const
  );
  return table(applied ? "Catálogo comparado com o cofre" : "Prévia: catálogo e cofre (nada foi alterado)", [
    ...found,
    ["Objetos que não são de backups", number.format(foreign)],
    ["Não puderam ser resolvidos", number.format(failed)],
    ...rebuilt ? [["Registros de auditoria trazidos de volta", number.format(rebuilt.records)] as const] : [],
  ]);
}
