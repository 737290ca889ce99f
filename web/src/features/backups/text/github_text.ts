/** GitHub's state of a run in pt-BR, for the time in which the catalog does not answer. */

import type { GitHubStep, PassAnswer } from "@backup/api.ts";
import { messageOf } from "@backup/messages.ts";

const STEP_NAMES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^Set up job$/, "Preparando a máquina"],
  [/^Run actions\/checkout/, "Baixando os programas"],
  [/^Run \.\/\.github\/actions\/setup/, "Instalando os programas"],
  [/^(?:Post |Complete job$)/, "Encerrando"],
];

/** The name of a step; those that the workflows name keep their name. */
export function stepName({ name }: GitHubStep): string {
  return STEP_NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}

const CONCLUSIONS: Record<string, string> = {
  success: "feito",
  failure: "falhou",
  timed_out: "passou do tempo",
  cancelled: "cancelado",
  skipped: "pulado",
};

/** `feito`, `em andamento`, `a fazer`; a state unknown to this version keeps its name. */
export function stepState({ status, conclusion }: GitHubStep): string {
  if (status === "completed") return CONCLUSIONS[conclusion ?? ""] ?? conclusion ?? status;
  return status === "in_progress" ? "em andamento" : "a fazer";
}

/** What GitHub knows of the run, and nothing more: what it wrote is in the catalog alone. */
export function githubSentence(github: PassAnswer["github"]): string {
  if ("error" in github) return `O GitHub não disse como está a execução. ${messageOf(github.error)}`;
  if (!github.known) return "O GitHub ainda não mostra esta execução.";
  if (github.status !== "completed") {
    return github.status === "in_progress"
      ? "Em andamento no GitHub."
      : "Na fila do GitHub, à espera de uma máquina.";
  }
  switch (github.conclusion) {
    case "success":
      return "O GitHub terminou a execução sem erro. O resultado aparece aqui quando a produção responder.";
    case "cancelled":
      return "O GitHub encerrou a execução. Se ela ainda não tinha confirmado, o banco está como antes; " +
        "isto só se confirma quando a produção responder, no histórico.";
    default:
      return `A execução falhou no GitHub${
        github.failed_step === null ? "" : `, em “${github.failed_step}”`
      }. ` +
        "Leia o log dela antes de repetir.";
  }
}

/** What became of a cancellation. */
export function cancelSentence({ cancel, github }: PassAnswer): string | null {
  switch (cancel) {
    case null:
      return null;
    case "not_found":
      return "Nada foi cancelado: o GitHub não tem esta execução.";
    case "ended":
      return "Não havia o que cancelar: a execução já tinha terminado.";
    case "requested":
      return "known" in github && github.known && github.status === "completed"
        ? "O GitHub aceitou o cancelamento."
        : "O GitHub aceitou o cancelamento; a execução ainda está encerrando.";
  }
}
