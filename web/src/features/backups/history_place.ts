/** Where in the history the reader is, kept in the address so that a link shows the same. */

import { useCallback } from "react";
import { useSearchParams } from "react-router-dom";
import { type Target, targetSchema } from "../../../../supabase/functions/_shared/backup/target.ts";

export interface HistoryPlace {
  /** `null` shows all targets. */
  target: Target | null;
  /** 0 is the newest page. */
  page: number;
}

const TARGET = "alvo";
const PAGE = "pagina";

/** What does not make sense counts as the beginning. */
export function readPlace(params: URLSearchParams): HistoryPlace {
  const target = targetSchema.safeParse(params.get(TARGET));
  const page = Number(params.get(PAGE));
  return {
    target: target.success ? target.data : null,
    page: Number.isSafeInteger(page) && page > 1 ? page - 1 : 0,
  };
}

/** The parameters of a place, everything else in the address kept. */
export function writePlace(params: URLSearchParams, { target, page }: HistoryPlace): URLSearchParams {
  const next = new URLSearchParams(params);
  next.delete(TARGET);
  next.delete(PAGE);
  if (target !== null) next.set(TARGET, target);
  if (page > 0) next.set(PAGE, String(page + 1));
  return next;
}

/** The place of the present address and how to go to another. */
export function useHistoryPlace(): [HistoryPlace, (place: HistoryPlace) => void] {
  const [params, setParams] = useSearchParams();
  const go = useCallback((place: HistoryPlace) => setParams((now) => writePlace(now, place)), [setParams]);
  return [readPlace(params), go];
}
