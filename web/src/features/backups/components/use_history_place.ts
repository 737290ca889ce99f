/** Connects the place in the history with the URL and the browser's history. */

import { useCallback, useEffect, useMemo, useRef } from "react";
import { useLocation, useNavigate, useNavigationType, useSearchParams } from "react-router-dom";
import { z } from "zod";
import { type HistoryPlace, readPlace, writePlace } from "../model/history_place.ts";

export interface HistoryNavigation {
  place: HistoryPlace;
  /** Navigates to another place, as a new entry of the browser's history. */
  go(change: Partial<HistoryPlace>, options?: { replace?: boolean }): void;
  /** One page back. */
  goBack(): void;
}

/** The state of an entry of the browser's history. */
const entrySchema = z.object({
  /** The page number, when the entry was reached with "next page"; else absent. */
  page: z.number().optional().catch(undefined),
  /** The number of the change that created the entry; absent for a link. */
  turn: z.number().optional().catch(undefined),
}).catch({});

/**
 * The place of the current URL and how to change it. Use it once per page: two changes in quick succession are both
 * applied, because each starts from the latest requested place and not from the rendered one.
 */
export function useHistoryPlace(): HistoryNavigation {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const navigation = useNavigationType();
  const { state } = useLocation();
  const place = useMemo(() => readPlace(params), [params]);
  const entry = useMemo(() => entrySchema.parse(state), [state]);
  const latest = useRef(place);
  const turn = useRef(0);
  useEffect(() => {
    // an outdated render: a later change is pending and already includes this one
    const isOvertaken = navigation !== "POP" && entry.turn !== undefined && entry.turn < turn.current;
    if (!isOvertaken) latest.current = place;
  }, [place, entry, navigation]);
  const go = useCallback((change: Partial<HistoryPlace>, options: { replace?: boolean } = {}) => {
    const next = { ...latest.current, ...change };
    const isNextPage = next.page > latest.current.page;
    latest.current = next;
    turn.current += 1;
    const page = isNextPage ? next.page : options.replace ? entry.page : undefined;
    void navigate({ search: writePlace(params, next).toString() }, {
      replace: options.replace,
      state: { page, turn: turn.current },
      preventScrollReset: true,
    });
  }, [params, navigate, entry]);
  const isAfterNextPage = entry.page !== undefined;
  const goBack = useCallback(() => {
    if (isAfterNextPage) void navigate(-1);
    else go({ page: 0, after: null });
  }, [isAfterNextPage, navigate, go]);
  return { place, go, goBack };
}
