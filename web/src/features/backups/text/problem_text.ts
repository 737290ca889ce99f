/** The text of each problem of the overview. */

import { messageOf } from "@backup/messages.ts";
import { formatInstant } from "../../../lib/format.ts";
import { type Problem, rejectedNewest } from "../model/overview.ts";
import type { OverviewFacts } from "../model/overview_facts.ts";
import { scheduleText } from "./schedule_text.ts";

/** The problem and the action to take. */
export function problemText(
  problem: Problem,
  facts: OverviewFacts,
  now: Date,
): { what: string; todo: string } {
  const daily = scheduleText("db-backup.yml", now);
  const weekly = scheduleText("db-backup-restore-drill.yml", now);
  switch (problem) {
    case "no_backup":
      return rejectedNewest(facts) === null
        ? {
          what: "Não há backup completo da produção no cofre.",
          todo: `Use “Backup agora” para fazer o primeiro; depois disso há um por dia (${daily}).`,
        }
        : {
          what: "Nenhum backup da produção conta: os que há no cofre foram reprovados em ensaio.",
          todo: "Use “Backup agora” e depois “Ensaiar” no backup novo.",
        };
    case "newest_rejected":
      return {
        what: `O backup mais novo${rejectedOn(facts)} foi reprovado num ensaio: ele não conta.`,
        todo:
          "Use “Backup agora” e depois “Ensaiar” no backup novo. O que falhou está em “Detalhes” do reprovado.",
      };
    case "drill_failed":
      return {
        what: "O último ensaio não passou, e nenhum passou desde então.",
        todo: "Veja em “Detalhes” do backup ensaiado o que falhou, e use “Ensaiar” no backup mais novo.",
      };
    case "long_overdue":
    case "overdue":
      return {
        what: "O backup diário está atrasado.",
        todo: `Use “Backup agora” e confira no GitHub se o agendamento (${daily}) está ativo.`,
      };
    case "last_failed":
      return {
        what: `A última tentativa não deixou backup: ${failureOf(facts)}`,
        todo: "Corrija a causa e repita com “Backup agora”.",
      };
    case "never_proven":
      return {
        what: "Nenhum backup foi provado num ensaio de restauração.",
        todo:
          `Em “Detalhes” do backup, use “Ensaiar”: só um ensaio mostra que ele restaura. Há um por semana (${weekly}).`,
      };
    case "proof_overdue":
      return {
        what: "O ensaio semanal está atrasado.",
        todo:
          `Use “Ensaiar” em “Detalhes” do backup mais novo, e confira no GitHub se o agendamento (${weekly}) está ativo.`,
      };
    case "never_measured":
      return {
        what: "Ainda não se sabe quanto demora uma restauração.",
        todo: "O primeiro ensaio, ou a primeira restauração, mede esse tempo.",
      };
  }
}

function rejectedOn(facts: OverviewFacts): string {
  const rejected = rejectedNewest(facts);
  return rejected === null ? "" : `, de ${formatInstant(new Date(rejected.created_at))},`;
}

function failureOf({ last_failed: failed }: OverviewFacts): string {
  if (failed?.error_code) return messageOf(failed.error_code);
  return messageOf(failed?.status === "lost" ? "run_lost" : "internal_server_error");
}
