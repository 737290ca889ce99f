/** Texts of the history's filters and of an empty history. */

import type { BackupOrigin } from "@backup/vault/catalog.ts";
import type { RunKind, RunStatus } from "@backup/runs/run.ts";
import { type HistoryPlace, isFiltered, type Sort } from "../model/history_place.ts";
import { BACKUP_STATUS_NAMES, runStatusName } from "./labels.ts";

/** The title of a history of each kind. */
export const KIND_CHOICES: Record<RunKind, string> = {
  backup: "Backups",
  restore: "Restaurações",
  drill: "Ensaios",
  plan: "Simulações",
  prune: "Limpezas",
};

export const ORIGIN_NAMES: Record<BackupOrigin, string> = {
  schedule: "Agendado",
  person: "Pedido por alguém",
  safety: "Antes de restaurar",
  local: "Máquina local",
  other: "Outra",
};

export const SORT_NAMES: Record<Sort, string> = {
  newest: "Mais novos",
  oldest: "Mais antigos",
  largest: "Maiores",
  slowest: "Mais demorados",
};

export interface StatusChoice {
  value: NonNullable<HistoryPlace["status"]>;
  name: string;
}

/** Final states that a run of any kind can have. */
const RUN_ENDS = ["failed", "lost", "cancelled"] as const;

/** The states that a history of that kind can be filtered by. */
export function statusChoices(kind: RunKind): StatusChoice[] {
  const named = (value: RunStatus & StatusChoice["value"]) => ({ value, name: runStatusName(kind, value) });
  if (kind !== "backup") return ["succeeded" as const, ...RUN_ENDS].map(named);
  return [
    { value: "uploaded", name: BACKUP_STATUS_NAMES.uploaded },
    { value: "restored", name: BACKUP_STATUS_NAMES.restored },
    { value: "deleted", name: BACKUP_STATUS_NAMES.deleted },
    ...RUN_ENDS.map(named),
  ];
}

/** The text of an empty page: there is no data, nothing matches the filters, or the list has ended. */
export function emptyText(place: HistoryPlace): { title: string; text?: string } {
  if (place.page > 0) return { title: "A lista termina aqui." };
  if (isFiltered(place)) {
    return {
      title: "Nada corresponde aos filtros.",
      text: "O histórico não está vazio por isso: os filtros deixam tudo de fora.",
    };
  }
  if (place.kind !== "backup") return { title: `${KIND_CHOICES[place.kind]}: nada ainda.` };
  return {
    title: "Nenhum backup ainda.",
    text:
      "O primeiro aparece aqui assim que estiver gravado e conferido no cofre: use “Backup agora” ou espere o " +
      "agendamento diário. Tentativas que falham aparecem aqui também, com a causa.",
  };
}
