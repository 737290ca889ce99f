/** Where in the history the reader is, kept in the address so that a link shows the same. */

import { useCallback, useEffect, useMemo, useRef } from "react";
import { useLocation, useNavigate, useNavigationType, useSearchParams } from "react-router-dom";
import { z } from "zod";
import { BACKUP_STATUSES, backupOriginSchema } from "@backup/vault/catalog.ts";
import { RUN_KINDS, type RunKind } from "@backup/runs/run.ts";
import { targetSchema } from "@backup/target.ts";
import { daySchema } from "../../../lib/day.ts";

/** Ends of a run that leave nothing in the vault, so that they are found among the backups. */
export const ATTEMPT_STATUSES = ["failed", "lost", "cancelled"] as const;
export const SORTS = ["newest", "oldest", "largest", "slowest"] as const;
export type Sort = (typeof SORTS)[number];
const RESULTS = [
  ...BACKUP_STATUSES,
  ...ATTEMPT_STATUSES.filter((status) => status !== "failed"),
  "succeeded",
] as const;

/** A parameter that makes no sense counts as absent. */
const placeSchema = z.object({
  /** `backup` shows the vault together with attempts that failed; the others show runs of that kind. */
  kind: z.enum(RUN_KINDS).catch("backup"),
  /** `null` shows all, here and below. */
  target: targetSchema.nullable().catch(null),
  status: z.enum(RESULTS).nullable().catch(null),
  origin: backupOriginSchema.nullable().catch(null),
  /** First and last day of the period, both included. */
  from: daySchema.nullable().catch(null),
  to: daySchema.nullable().catch(null),
  /** In label or key. */
  search: z.string().trim().max(100).catch(""),
  sort: z.enum(SORTS).catch("newest"),
  /** 0 is the first page. */
  page: z.coerce.number().int().min(2).max(1_000_000).transform((page) => page - 1).catch(0),
  /** The last row of the page before, where the order is by time. */
  after: z.uuid().nullable().catch(null),
  /** Key of the backup whose details are open. */
  details: z.string().max(1000).nullable().catch(null),
});
export type HistoryPlace = z.infer<typeof placeSchema>;

/** The names in the address; the order is that of the parameters. */
const PARAMETERS: readonly (readonly [keyof HistoryPlace, string])[] = [
  ["kind", "tipo"],
  ["target", "alvo"],
  ["status", "estado"],
  ["origin", "origem"],
  ["from", "de"],
  ["to", "ate"],
  ["search", "busca"],
  ["sort", "ordem"],
  ["page", "pagina"],
  ["after", "depois"],
  ["details", "detalhes"],
];

export const BEGINNING: HistoryPlace = placeSchema.parse({});

export function readPlace(params: URLSearchParams): HistoryPlace {
  return placeSchema.parse(
    Object.fromEntries(PARAMETERS.map(([field, name]) => [field, params.get(name) ?? undefined])),
  );
}

/** The parameters of a place, everything else in the address kept: one place is one link, however it was reached. */
export function writePlace(params: URLSearchParams, place: HistoryPlace): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [, name] of PARAMETERS) next.delete(name);
  for (const [field, name] of PARAMETERS) {
    const value = place[field];
    if (value === BEGINNING[field] || value === null) continue;
    next.append(name, field === "page" ? String(place.page + 1) : String(value));
  }
  return next;
}

/** A change of what is shown: it begins on its first page. */
export function withFilter(change: Partial<HistoryPlace>): Partial<HistoryPlace> {
  return { page: 0, after: null, ...change };
}

/** Whether anything is left out. */
export function isFiltered({ target, status, origin, from, to, search }: HistoryPlace): boolean {
  return [target, status, origin, from, to].some((value) => value !== null) || search !== "";
}

/** Runs of one kind have no use for what only backups have. */
export function showKind(kind: RunKind): Partial<HistoryPlace> {
  return withFilter({ kind, status: null, origin: null, sort: "newest" });
}

export interface HistoryWay {
  place: HistoryPlace;
  /** Goes to another place; the way back is the browser's. */
  go(change: Partial<HistoryPlace>, options?: { replace?: boolean }): void;
  /** One page towards the beginning. */
  goBack(): void;
}

/** What an entry of the browser's history remembers beside its address. */
const entrySchema = z.object({
  /** The page whose next page this is; absent when it was reached in another way. */
  page: z.number().optional().catch(undefined),
  /** Which of our changes led here; absent when it was a link. */
  turn: z.number().optional().catch(undefined),
}).catch({});

/**
 * The place of the present address and how to go to another. Once on a page: two changes within a moment both
 * count, since each starts from what was gone to last, and not from what is shown by then.
 */
export function useHistoryPlace(): HistoryWay {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const navigation = useNavigationType();
  const { state } = useLocation();
  const place = useMemo(() => readPlace(params), [params]);
  const entry = useMemo(() => entrySchema.parse(state), [state]);
  const latest = useRef(place);
  const turn = useRef(0);
  useEffect(() => {
    // shown late: a later change of ours is on its way and already counts this one in
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
  const came = entry.page !== undefined;
  const goBack = useCallback(() => {
    if (came) void navigate(-1);
    else go({ page: 0, after: null });
  }, [came, navigate, go]);
  return { place, go, goBack };
}
