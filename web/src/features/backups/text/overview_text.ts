/** The overview's sentence. */

import { formatAgo, formatDuration } from "../../../lib/format.ts";
import type { Safety } from "../model/overview.ts";

/** An estimate is no finer than a second. */
export const SHORTEST_MS = 1000;

/** `Se a produção parasse agora: perda de até 6 h 12 min · volta em cerca de 9 min · provado há 2 dias`, in its parts. */
export function safetyParts({ lossMs, backMs, provenAt }: Safety, now: Date): string[] {
  if (lossMs === null) return ["tudo estaria perdido"];
  return [
    `perda de até ${formatDuration(lossMs)}`,
    backMs === null
      ? "tempo de volta ainda não medido"
      : `volta em cerca de ${formatDuration(Math.max(backMs, SHORTEST_MS))}`,
    provenAt === null ? "nunca provado" : `provado ${formatAgo(provenAt, now)}`,
  ];
}

/** The name of each tone, shown beside colour and icon. */
export const TONE_NAMES: Record<Safety["tone"], string> = {
  ok: "Protegido",
  warn: "Atenção",
  bad: "Em risco",
};
