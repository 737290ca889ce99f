/** The overview's sentence and the text of each problem. */

import { messageOf } from "@backup/messages.ts";
import { formatAgo, formatDuration } from "../../../lib/format.ts";
import type { OverviewFacts } from "../model/overview_facts.ts";
import type { Problem, Safety } from "../model/overview.ts";

/** `Se a produção parasse agora: perda de até 6 h 12 min · volta em ~9 min · provado há 2 dias`, in its parts. */
export function safetyParts({ lossMs, backMs, provenAt }: Safety, now: Date): string[] {
  if (lossMs === null) return ["tudo estaria perdido"];
  return [
    `perda de até ${formatDuration(lossMs)}`,
    backMs === null ? "tempo de volta ainda não medido" : `volta em ~${formatDuration(backMs)}`,
    provenAt === null ? "nunca provado" : `provado ${formatAgo(provenAt, now)}`,
  ];
}

/** The name of each tone, shown beside colour and icon. */
export const TONE_NAMES: Record<Safety["tone"], string> = {
  ok: "Protegido",
  warn: "Atenção",
  bad: "Em risco",
};

/** The problem and the action to take. */
export function problemText(problem: Problem, facts: OverviewFacts): { what: string; todo: string } {
  switch (problem) {
    case "no_backup":
      return {
        what: "Não há backup da produção no cofre.",
        todo: "Use “Backup agora” para fazer o primeiro; depois disso há um por dia, às 03:10 UTC.",
      };
    case "long_overdue":
    case "overdue":
      return {
        what: "O backup diário está atrasado.",
        todo: "Use “Backup agora” e confira no GitHub se o agendamento (03:10 UTC) está ativo.",
      };
    case "last_failed":
      return {
        what: `A última tentativa não deixou backup: ${failureOf(facts)}`,
        todo: "Corrija a causa e repita com “Backup agora”.",
      };
    case "never_proven":
      return {
        what: "Nenhum backup foi provado num ensaio de restauração.",
        todo: "Rode um ensaio: só ele mostra que o backup restaura. Há um agendado para domingo, 05:30 UTC.",
      };
    case "proof_overdue":
      return {
        what: "O ensaio semanal está atrasado.",
        todo: "Rode um ensaio e confira no GitHub se o agendamento de domingo (05:30 UTC) está ativo.",
      };
    case "never_measured":
      return {
        what: "Ainda não se sabe quanto demora uma restauração.",
        todo: "O primeiro ensaio, ou a primeira restauração, mede esse tempo.",
      };
  }
}

function failureOf({ last_failed: failed }: OverviewFacts): string {
  if (failed?.error_code) return messageOf(failed.error_code);
  return messageOf(failed?.status === "lost" ? "run_lost" : "internal_server_error");
}
