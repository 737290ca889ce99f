/** Where in the history the reader is, kept in the address so that a link shows the same. */

import { useCallback, useEffect, useMemo, useRef } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router-dom";
import { z } from "zod";
import {
  BACKUP_STATUSES,
  backupOriginSchema,
} from "../../../../supabase/functions/_shared/backup/catalog.ts";
import { RUN_KINDS, type RunKind } from "../../../../supabase/functions/_shared/backup/run.ts";
import { targetSchema } from "../../../../supabase/functions/_shared/backup/target.ts";
import { daySchema } from "../../lib/day.ts";

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

/** The place of the present address and how to go to another. */
export function useHistoryPlace(): HistoryWay {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const { state } = useLocation();
  const place = useMemo(() => readPlace(params), [params]);
  // what was gone to last: two changes within a moment both count, whichever is shown by then
  const latest = useRef(place);
  useEffect(() => void (latest.current = place), [place]);
  const came = cameFromPageBefore(state);
  const go = useCallback((change: Partial<HistoryPlace>, options: { replace?: boolean } = {}) => {
    const next = { ...latest.current, ...change };
    const isNextPage = next.page > latest.current.page;
    latest.current = next;
    const search = writePlace(params, next).toString();
    void navigate({ search }, {
      replace: options.replace,
      state: isNextPage ? { page: next.page } : options.replace ? state : null,
      preventScrollReset: true,
    });
  }, [params, navigate, state]);
  const goBack = useCallback(() => {
    if (came) void navigate(-1);
    else go({ page: 0, after: null });
  }, [came, navigate, go]);
  return { place, go, goBack };
}

/** Whether the entry before this one in the browser's history is the page before. */
function cameFromPageBefore(state: unknown): boolean {
  return typeof state === "object" && state !== null && "page" in state;
}
