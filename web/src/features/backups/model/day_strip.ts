/** The strip of days: the state of each day and its description. */

import { formatBytes, formatCounted, formatTime } from "../../../lib/format.ts";
import type { BackupDay } from "./backup_day.ts";

/**
 * `running` one is active · `proven` a drill restored one of this day · `made` · `rejected` a drill rejected all · `failed` attempted, none made ·
 * `overdue` expected and missing · `waiting` today's is not due yet · `before` earlier than the first backup ·
 * `unknown` none made, and the day of the first is not known.
 */
export type DayState =
  | "running"
  | "proven"
  | "made"
  | "rejected"
  | "failed"
  | "overdue"
  | "waiting"
  | "before"
  | "unknown";

export interface DayContext {
  /** Today in the reader's time zone: `2026-11-24`. */
  today: string;
  /** Whether the daily backup is overdue by now. */
  overdue: boolean;
  /** Day of the first backup, `null` when there is none, `undefined` while not known. */
  firstDay: string | null | undefined;
}

export function dayState(day: BackupDay, { today, overdue, firstDay }: DayContext): DayState {
  if (day.running > 0) return "running";
  if (day.proven > 0) return "proven";
  if (day.made > 0) return day.made > day.rejected ? "made" : "rejected";
  if (day.failed > 0) return "failed";
  if (firstDay === undefined) return "unknown";
  if (firstDay === null || day.day < firstDay) return "before";
  if (day.day < today) return "overdue";
  return overdue ? "overdue" : "waiting";
}

export const DAY_STATE_NAMES: Record<DayState, string> = {
  running: "em andamento",
  proven: "provado",
  made: "feito",
  rejected: "reprovado",
  failed: "falhou",
  overdue: "faltou",
  waiting: "ainda não é hora",
  before: "antes do primeiro backup",
  unknown: "sem backup",
};

/** The events of a day, one sentence each; never empty. */
export function describeDay(day: BackupDay, state: DayState): string[] {
  const sentences = [
    madeSentence(day),
    provenSentence(day),
    rejectedSentence(day),
    day.failed > 0 &&
    (day.failed === 1 ? "1 tentativa de backup falhou." : `${day.failed} tentativas de backup falharam.`),
    day.running > 0 && "Um backup está em andamento.",
    day.drills > 0 && `${formatCounted(day.drills, "ensaio", "ensaios")} de restauração.`,
    day.restores > 0 && `${formatCounted(day.restores, "restauração", "restaurações")} na produção.`,
  ].filter((sentence) => typeof sentence === "string");
  return sentences.length > 0 ? sentences : [nothingSentence(state)];
}

function madeSentence({ made, last_at, last_bytes, last_rows }: BackupDay): string | null {
  if (made === 0) return null;
  const facts = [
    last_at !== null && `às ${formatTime(new Date(last_at))}`,
    last_bytes !== null && formatBytes(last_bytes),
    last_rows !== null && formatCounted(last_rows, "registro", "registros"),
  ].filter((fact) => typeof fact === "string");
  const count = `${formatCounted(made, "backup feito", "backups feitos")}`;
  if (facts.length === 0) return `${count}.`;
  return made === 1 ? `${count}: ${facts.join(", ")}.` : `${count}; o último ${facts.join(", ")}.`;
}

function provenSentence({ made, proven }: BackupDay): string | null {
  if (proven === 0) return null;
  if (made === 1) return "Provado num ensaio de restauração.";
  return `${proven} de ${made} ${proven === 1 ? "provado" : "provados"} em ensaio de restauração.`;
}

function rejectedSentence({ made, rejected }: BackupDay): string | null {
  if (rejected === 0) return null;
  if (made === 1) return "Reprovado em ensaio: não protege.";
  return rejected === 1
    ? `1 de ${made} reprovado em ensaio: não protege.`
    : `${rejected} de ${made} reprovados em ensaio: não protegem.`;
}

function nothingSentence(state: DayState): string {
  if (state === "before") return "Ainda não havia backups.";
  if (state === "unknown") return "Nenhum backup neste dia; ainda não se sabe quando foi o primeiro.";
  if (state === "waiting") return "Ainda não chegou a hora do backup de hoje.";
  return "Nenhum backup neste dia: o agendamento não rodou, ou não chegou ao histórico.";
}
