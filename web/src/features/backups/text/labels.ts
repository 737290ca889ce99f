/** The screen's pt-BR names of the domain's terms: one name per term. */

import type { BackupRow } from "@backup/vault/catalog.ts";
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

const RUN_STATUS_NAMES: Record<RunStatus, string> = {
  queued: "Na fila",
  running: "Em execução",
  unknown: "Sem confirmação",
  succeeded: "Concluída",
  failed: "Falhou",
  cancelled: "Cancelada",
  lost: "Perdida",
};
/** Of the kinds whose name is masculine. */
const MASCULINE_STATUS_NAMES: Record<RunStatus, string> = {
  ...RUN_STATUS_NAMES,
  succeeded: "Concluído",
  cancelled: "Cancelado",
  lost: "Perdido",
};

/** The state of a run, in agreement with the name of its kind: a backup is `Concluído`, a restore `Concluída`. */
export function runStatusName(kind: RunKind, status: RunStatus): string {
  return (kind === "backup" || kind === "drill" ? MASCULINE_STATUS_NAMES : RUN_STATUS_NAMES)[status];
}

export const BACKUP_STATUS_NAMES: Record<BackupRow["status"], string> = {
  uploaded: "No cofre",
  restored: "Restaurado",
  failed: "Falhou",
  deleted: "Apagado",
};

const REQUESTER_NAMES: Record<string, { name: string; by: string }> = {
  schedule: { name: "Agendamento", by: "pelo agendamento" },
  "command line": { name: "Linha de comando", by: "pela linha de comando" },
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

/** `Backup da produção`, `Restauração em Desenvolvimento`. */
export function runTitle(run: Pick<Run, "kind" | "target">): string {
  return `${KIND_NAMES[run.kind]} ${placeOf(run)}`;
}

/** Where a run works: a restore in a target, all others on its content. */
export function placeOf({ kind, target }: Pick<Run, "kind" | "target">): string {
  return kind === "restore" || kind === "plan" ? `em ${targetName(target)}` : ofTarget(target);
}

/** The requester's name: an e-mail unchanged, other sources translated; `—` when none was recorded. */
export function requesterName(requestedBy: string | null): string {
  if (requestedBy === null || requestedBy === "") return "—";
  if (requestedBy.startsWith("github:")) return `${requestedBy.slice("github:".length)} (GitHub)`;
  return REQUESTER_NAMES[requestedBy]?.name ?? requestedBy;
}

/** `por ana@revo.exemplo.br`, `pelo agendamento`, as used after a verb. */
export function byRequester(requestedBy: string | null): string {
  if (requestedBy === null || requestedBy === "") return "por alguém cujo nome não foi registrado";
  return REQUESTER_NAMES[requestedBy]?.by ?? `por ${requesterName(requestedBy)}`;
}
