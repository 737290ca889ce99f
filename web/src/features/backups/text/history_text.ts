/** Words of the history's filters, and what it says when it has nothing to show. */

import type { BackupOrigin } from "@backup/vault/catalog.ts";
import type { RunKind } from "@backup/runs/run.ts";
import { type HistoryPlace, isFiltered, type Sort } from "../model/history_place.ts";
import { BACKUP_STATUS_WORDS, RUN_STATUS_WORDS } from "./labels.ts";

/** What a history of that kind is called. */
export const KIND_CHOICES: Record<RunKind, string> = {
  backup: "Backups",
  restore: "Restaurações",
  drill: "Ensaios",
  plan: "Simulações",
  prune: "Limpezas",
};

export const ORIGIN_WORDS: Record<BackupOrigin, string> = {
  schedule: "Agendado",
  person: "Pedido por alguém",
  safety: "Antes de restaurar",
  local: "Máquina local",
  other: "Outra",
};

export const SORT_WORDS: Record<Sort, string> = {
  newest: "Mais novos",
  oldest: "Mais antigos",
  largest: "Maiores",
  slowest: "Mais demorados",
};

export interface StatusChoice {
  value: NonNullable<HistoryPlace["status"]>;
  name: string;
}

/** Ends that a run of any kind can have. */
const RUN_ENDS: StatusChoice[] = [
  { value: "failed", name: RUN_STATUS_WORDS.failed },
  { value: "lost", name: RUN_STATUS_WORDS.lost },
  { value: "cancelled", name: RUN_STATUS_WORDS.cancelled },
];

/** The states that a history of that kind can be filtered by. */
export function statusChoices(kind: RunKind): StatusChoice[] {
  if (kind !== "backup") return [{ value: "succeeded", name: RUN_STATUS_WORDS.succeeded }, ...RUN_ENDS];
  return [
    { value: "uploaded", name: BACKUP_STATUS_WORDS.uploaded },
    { value: "restored", name: BACKUP_STATUS_WORDS.restored },
    { value: "deleted", name: BACKUP_STATUS_WORDS.deleted },
    ...RUN_ENDS,
  ];
}

/** What an empty page says: that there is nothing, that nothing fits, or that the list has ended. */
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
