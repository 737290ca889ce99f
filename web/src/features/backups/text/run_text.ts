/** Sentences about a run. */

import { messageOf } from "@backup/messages.ts";
import type { Run, RunKind, RunStatus } from "@backup/runs/run.ts";
import { placeOf } from "./labels.ts";

/** `*` is the place: `da produção`, `em Desenvolvimento`. */
const SENTENCES: Record<RunKind, Record<RunStatus | "requested", string>> = {
  backup: {
    requested: "O backup * foi pedido",
    queued: "O backup * está na fila",
    running: "O backup * está em execução",
    unknown: "O GitHub não confirmou o backup *",
    succeeded: "O backup * foi concluído",
    failed: "O backup * falhou",
    cancelled: "O backup * foi cancelado",
    lost: "O backup * parou de dar notícias",
  },
  restore: {
    requested: "A restauração * foi pedida",
    queued: "A restauração * está na fila",
    running: "A restauração * está em execução",
    unknown: "O GitHub não confirmou a restauração *",
    succeeded: "A restauração * foi concluída",
    failed: "A restauração * falhou",
    cancelled: "A restauração * foi cancelada",
    lost: "A restauração * parou de dar notícias",
  },
  drill: {
    requested: "O ensaio de restauração * foi pedido",
    queued: "O ensaio de restauração * está na fila",
    running: "O ensaio de restauração * está em execução",
    unknown: "O GitHub não confirmou o ensaio de restauração *",
    succeeded: "O ensaio de restauração * foi concluído",
    failed: "O ensaio de restauração * falhou",
    cancelled: "O ensaio de restauração * foi cancelado",
    lost: "O ensaio de restauração * parou de dar notícias",
  },
  plan: {
    requested: "A simulação de restauração * foi pedida",
    queued: "A simulação de restauração * está na fila",
    running: "A simulação de restauração * está em execução",
    unknown: "O GitHub não confirmou a simulação de restauração *",
    succeeded: "A simulação de restauração * foi concluída",
    failed: "A simulação de restauração * falhou",
    cancelled: "A simulação de restauração * foi cancelada",
    lost: "A simulação de restauração * parou de dar notícias",
  },
  prune: {
    requested: "A limpeza do cofre * foi pedida",
    queued: "A limpeza do cofre * está na fila",
    running: "A limpeza do cofre * está em execução",
    unknown: "O GitHub não confirmou a limpeza do cofre *",
    succeeded: "A limpeza do cofre * foi concluída",
    failed: "A limpeza do cofre * falhou",
    cancelled: "A limpeza do cofre * foi cancelada",
    lost: "A limpeza do cofre * parou de dar notícias",
  },
};

/** `O backup da produção foi concluído`, without a full stop. `requested`: before GitHub has accepted it. */
export function runSentence(
  run: Pick<Run, "kind" | "target"> & { status: RunStatus | "requested" },
): string {
  return SENTENCES[run.kind][run.status].replace("*", placeOf(run));
}

const COMMITTED_TEXT: Partial<Record<RunKind, string>> = {
  backup: "Não dá mais para cancelar: o backup já está no cofre.",
  restore: "Não dá mais para cancelar: o conteúdo novo já vale no destino. Quando terminar, use “Desfazer…”.",
  prune: "Não dá para cancelar: o que já foi apagado não volta.",
};

const NOT_CANCELLABLE_TEXT = {
  ended: "Esta execução já terminou.",
  committed: "Não dá mais para cancelar esta execução.",
  not_a_run_of_github: "Não dá para cancelar daqui: esta execução não roda no GitHub.",
} as const;

/** Why a run cannot be cancelled. */
export function notCancellableReason(kind: RunKind, why: keyof typeof NOT_CANCELLABLE_TEXT): string {
  return (why === "committed" && COMMITTED_TEXT[kind]) || NOT_CANCELLABLE_TEXT[why];
}

/** The pt-BR sentence for a run that did not succeed. */
export function outcomeSentence(run: Run): string {
  if (run.error_code !== null) return messageOf(run.error_code);
  if (run.status === "cancelled") return messageOf("run_cancelled");
  if (run.status === "lost") return messageOf("run_lost");
  return messageOf("internal_server_error");
}
