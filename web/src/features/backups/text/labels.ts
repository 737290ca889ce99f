/** The screen's words for the domain's terms. One term, one word, everywhere. */

import type { BackupRow } from "@backup/vault/catalog.ts";
import { messageOf } from "@backup/messages.ts";
import { type Mode, MODES, type Target, TARGETS } from "@backup/target.ts";
import type { Run, RunKind, RunStatus } from "@backup/runs/run.ts";

interface TargetWords {
  name: string;
  /** With its article and preposition: `da produção`. */
  of: string;
  /** What it is for, for whoever chooses. */
  use: string;
}

const TARGET_WORDS: Record<Target, TargetWords> = {
  prod: { name: "Produção", of: "da produção", use: "O banco que a empresa usa agora." },
  dev: { name: "Desenvolvimento", of: "do desenvolvimento", use: "Para examinar dados sem risco." },
  verify: { name: "Verificação", of: "da verificação", use: "Para conferir backups; pode ficar vazio." },
};

const MODE_WORDS: Record<Mode, { name: string; use: string }> = {
  full: { name: "Completo", use: "Estrutura e todos os registros." },
  "schema-only": { name: "Só estrutura", use: "Tabelas, funções e permissões, sem nenhum registro." },
};

export const KIND_WORDS: Record<RunKind, string> = {
  backup: "Backup",
  restore: "Restauração",
  drill: "Ensaio de restauração",
  plan: "Simulação de restauração",
  prune: "Limpeza do cofre",
};

export const RUN_STATUS_WORDS: Record<RunStatus, string> = {
  queued: "Na fila",
  running: "Em execução",
  unknown: "Sem confirmação",
  succeeded: "Concluída",
  failed: "Falhou",
  cancelled: "Cancelada",
  lost: "Perdida",
};

export const BACKUP_STATUS_WORDS: Record<BackupRow["status"], string> = {
  uploaded: "No cofre",
  restored: "Restaurado",
  failed: "Falhou",
  deleted: "Apagado",
};

const PHASE_WORDS: Record<string, string> = {
  connect: "Conectando ao banco",
  dump: "Copiando o banco para o cofre",
  verify: "Conferindo o que foi gravado",
  manifest: "Gravando o manifesto",
  catalog: "Atualizando o histórico",
  download: "Baixando o backup e conferindo o sha256",
  inspect: "Examinando o destino",
  inspect_backup: "Lendo o que o backup contém",
  inspect_target: "Comparando com o destino",
  safety_backup: "Guardando uma cópia de segurança do destino",
  lock: "Bloqueando o banco de destino",
  move_aside: "Separando o conteúdo atual",
  load: "Gravando o conteúdo do backup",
  check: "Conferindo o resultado",
  commit: "Confirmando",
  analyze: "Atualizando estatísticas",
  cleanup: "Removendo o conteúdo antigo",
  start: "Começando",
  server: "Iniciando um servidor descartável",
  look: "Lendo o manifesto e procurando o backup mais novo",
  read: "Lendo o arquivo até o fim",
  prepare: "Preparando um banco descartável",
  assert: "Rodando as verificações",
};

const ASKER_WORDS: Record<string, string> = {
  schedule: "Agendamento",
  "command line": "Linha de comando",
};

function isOneOf<const Words extends readonly string[]>(words: Words, word: string): word is Words[number] {
  return words.includes(word);
}

/** `Produção`; a target that this version does not know keeps its own name. */
export function targetName(target: string): string {
  return isOneOf(TARGETS, target) ? TARGET_WORDS[target].name : target;
}

/** `da produção`, to follow a noun. */
export function ofTarget(target: Target): string {
  return TARGET_WORDS[target].of;
}

/** What a target is for. */
export function targetUse(target: Target): string {
  return TARGET_WORDS[target].use;
}

/** `Completo`; unknown modes keep their name. */
export function modeName(mode: string): string {
  return isOneOf(MODES, mode) ? MODE_WORDS[mode].name : mode;
}

/** What a mode holds. */
export function modeUse(mode: Mode): string {
  return MODE_WORDS[mode].use;
}

/** What an active run is doing; a phase of a newer script is shown under its own name. */
export function phaseText(run: Run): string {
  if (run.status === "queued") return "Aguardando uma máquina no GitHub";
  if (run.status === "unknown") return "O GitHub não confirmou; o pedido pode ter sido aceito";
  if (run.phase === null) return "Começando";
  return PHASE_WORDS[run.phase] ?? run.phase;
}

/** `Backup da produção`, `Restauração em dev`, `Simulação de restauração em dev`. */
export function runTitle(run: Pick<Run, "kind" | "target">): string {
  const place = run.kind === "restore" || run.kind === "plan" ? `em ${run.target}` : ofTarget(run.target);
  return `${KIND_WORDS[run.kind]} ${place}`;
}

const COMMITTED_WORDS: Partial<Record<RunKind, string>> = {
  backup: "Não dá mais para cancelar: o backup já está no cofre.",
  restore: "Não dá mais para cancelar: o conteúdo novo já vale no destino. Depois dela, use “Desfazer…”.",
  prune: "Não dá para cancelar: o que já foi apagado não volta.",
};

const NOT_CANCELLABLE_WORDS = {
  ended: "Esta execução já terminou.",
  committed: "Não dá mais para cancelar esta execução.",
  not_a_run_of_github: "Não dá para cancelar daqui: esta execução não roda no GitHub.",
} as const;

/** Why a run cannot be cancelled. */
export function whyNotCancellable(kind: RunKind, why: keyof typeof NOT_CANCELLABLE_WORDS): string {
  return (why === "committed" && COMMITTED_WORDS[kind]) || NOT_CANCELLABLE_WORDS[why];
}

/** The pt-BR sentence for a run that did not succeed. */
export function outcomeSentence(run: Run): string {
  if (run.error_code !== null) return messageOf(run.error_code);
  if (run.status === "cancelled") return messageOf("run_cancelled");
  if (run.status === "lost") return messageOf("run_lost");
  return messageOf("internal_server_error");
}

/** Who asked: a person's e-mail as it is, everything else in words; `—` when nobody was noted. */
export function askerName(requestedBy: string | null): string {
  if (requestedBy === null || requestedBy === "") return "—";
  if (requestedBy.startsWith("github:")) return `${requestedBy.slice("github:".length)} (GitHub)`;
  return ASKER_WORDS[requestedBy] ?? requestedBy;
}
