/** The screen's pt-BR names of the domain's terms: one name per term. */

import type { BackupRow } from "@backup/vault/catalog.ts";
import { messageOf } from "@backup/messages.ts";
import { type Mode, MODES, type Target, TARGETS } from "@backup/target.ts";
import type { Run, RunKind, RunStatus } from "@backup/runs/run.ts";

interface TargetText {
  name: string;
  /** With its article and preposition: `da produção`. */
  of: string;
  /** Its purpose, shown where a target is chosen. */
  use: string;
}

const TARGET_TEXT: Record<Target, TargetText> = {
  prod: { name: "Produção", of: "da produção", use: "O banco que a empresa usa agora." },
  dev: { name: "Desenvolvimento", of: "do desenvolvimento", use: "Para examinar dados sem risco." },
  verify: { name: "Verificação", of: "da verificação", use: "Para conferir backups; pode ficar vazio." },
};

const MODE_TEXT: Record<Mode, { name: string; use: string }> = {
  full: { name: "Completo", use: "Estrutura e todos os registros." },
  "schema-only": { name: "Só estrutura", use: "Tabelas, funções e permissões, sem nenhum registro." },
};

export const KIND_NAMES: Record<RunKind, string> = {
  backup: "Backup",
  restore: "Restauração",
  drill: "Ensaio de restauração",
  plan: "Simulação de restauração",
  prune: "Limpeza do cofre",
};

export const RUN_STATUS_NAMES: Record<RunStatus, string> = {
  queued: "Na fila",
  running: "Em execução",
  unknown: "Sem confirmação",
  succeeded: "Concluída",
  failed: "Falhou",
  cancelled: "Cancelada",
  lost: "Perdida",
};

export const BACKUP_STATUS_NAMES: Record<BackupRow["status"], string> = {
  uploaded: "No cofre",
  restored: "Restaurado",
  failed: "Falhou",
  deleted: "Apagado",
};

const PHASE_TEXT: Record<string, string> = {
  connect: "Conectando ao banco",
  dump: "Copiando o banco para o cofre",
  verify: "Conferindo o que foi gravado",
  manifest: "Gravando o manifesto",
  catalog: "Atualizando o histórico",
  download: "Baixando o backup e conferindo o sha256",
  decrypt: "Abrindo o arquivo cifrado",
  inspect: "Examinando o destino",
  inspect_backup: "Lendo o que o backup contém",
  inspect_target: "Comparando com o destino",
  stage: "Gravando o conteúdo do backup ao lado do atual",
  build: "Montando as chaves e os índices desse conteúdo",
  safety_backup: "Guardando uma cópia de segurança do destino",
  statements: "Preparando o que será trocado",
  lock: "Bloqueando o banco de destino",
  quarantine: "Desligando o que agiria fora da cópia",
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

const REQUESTER_NAMES: Record<string, string> = {
  schedule: "Agendamento",
  "command line": "Linha de comando",
};

function isOneOf<const Values extends readonly string[]>(
  values: Values,
  value: string,
): value is Values[number] {
  return values.includes(value);
}

/** `Produção`; a target that this version does not know keeps its own name. */
export function targetName(target: string): string {
  return isOneOf(TARGETS, target) ? TARGET_TEXT[target].name : target;
}

/** `da produção`, as used after a noun. */
export function ofTarget(target: Target): string {
  return TARGET_TEXT[target].of;
}

/** The purpose of a target. */
export function targetUse(target: Target): string {
  return TARGET_TEXT[target].use;
}

/** `Completo`; unknown modes keep their name. */
export function modeName(mode: string): string {
  return isOneOf(MODES, mode) ? MODE_TEXT[mode].name : mode;
}

/** The contents of a backup of that mode. */
export function modeUse(mode: Mode): string {
  return MODE_TEXT[mode].use;
}

/** The phase of an active run; a phase unknown to this version is shown by its own name. */
export function phaseText(run: Run): string {
  if (run.status === "queued") return "Aguardando uma máquina no GitHub";
  if (run.status === "unknown") return "O GitHub não confirmou; o pedido pode ter sido aceito";
  if (run.phase === null) return "Começando";
  return PHASE_TEXT[run.phase] ?? run.phase;
}

/** `Backup da produção`, `Restauração em Desenvolvimento`. */
export function runTitle(run: Pick<Run, "kind" | "target">): string {
  const place = run.kind === "restore" || run.kind === "plan"
    ? `em ${targetName(run.target)}`
    : ofTarget(run.target);
  return `${KIND_NAMES[run.kind]} ${place}`;
}

const COMMITTED_TEXT: Partial<Record<RunKind, string>> = {
  backup: "Não dá mais para cancelar: o backup já está no cofre.",
  restore: "Não dá mais para cancelar: o conteúdo novo já vale no destino. Depois dela, use “Desfazer…”.",
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

/** The requester's name: an e-mail unchanged, other sources translated; `—` when none was recorded. */
export function requesterName(requestedBy: string | null): string {
  if (requestedBy === null || requestedBy === "") return "—";
  if (requestedBy.startsWith("github:")) return `${requestedBy.slice("github:".length)} (GitHub)`;
  return REQUESTER_NAMES[requestedBy] ?? requestedBy;
}
