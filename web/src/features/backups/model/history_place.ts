/** The place in the history (kind, filters, page), kept in the URL so that a link shows the same. */

import { z } from "zod";
import { BACKUP_STATUSES, backupOriginSchema } from "@backup/vault/catalog.ts";
import { RUN_KINDS, type RunKind } from "@backup/runs/run.ts";
import { type Target, TARGETS } from "@backup/target.ts";
import { daySchema } from "../../../lib/day.ts";

/** Final states of a run that leaves nothing in the vault; such runs are listed among the backups. */
export const ATTEMPT_STATUSES = ["failed", "lost", "cancelled"] as const;
export const SORTS = ["newest", "oldest", "largest", "slowest"] as const;
export type Sort = (typeof SORTS)[number];
const RESULTS = [
  ...BACKUP_STATUSES,
  ...ATTEMPT_STATUSES.filter((status) => status !== "failed"),
  "succeeded",
] as const;

/** The choice of every target, in the URL too. */
export const ALL_TARGETS = "todos";

/** An invalid parameter counts as absent. */
const placeSchema = z.object({
  /** `backup` shows the vault together with attempts that failed; the others show runs of that kind. */
  kind: z.enum(RUN_KINDS).catch("backup"),
  /** `null` shows the usual ones: backups of production, runs of all targets. */
  target: z.enum([...TARGETS, ALL_TARGETS]).nullable().catch(null),
  /** `null` shows all, here and below. */
  status: z.enum(RESULTS).nullable().catch(null),
  origin: backupOriginSchema.nullable().catch(null),
  /** First and last day of the period, both included. */
  from: daySchema.nullable().catch(null),
  to: daySchema.nullable().catch(null),
  /** Searched in label and key. */
  search: z.string().trim().max(100).catch(""),
  sort: z.enum(SORTS).catch("newest"),
  /** 0 is the first page. */
  page: z.coerce.number().int().min(2).max(1_000_000).transform((page) => page - 1).catch(0),
  /** The last row of the page before (keyset pagination), when ordered by time. */
  after: z.guid().nullable().catch(null),
  /** Key of the backup whose details are open. */
  details: z.string().max(1000).nullable().catch(null),
});
export type HistoryPlace = z.infer<typeof placeSchema>;

/** The names of the URL parameters, in the order in which they are written. */
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

/** Writes a place into URL parameters and keeps the others. Equal places give equal URLs. */
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

/** The target whose rows a place shows, `null` for all: copies of other databases do not lie above production's backups. */
export function shownTarget({ kind, target }: Pick<HistoryPlace, "kind" | "target">): Target | null {
  if (target === ALL_TARGETS) return null;
  return target ?? (kind === "backup" ? "prod" : null);
}

/** The choice of a target, which is not written into the URL when it is the usual one. */
export function chooseTarget(kind: RunKind, chosen: HistoryPlace["target"]): HistoryPlace["target"] {
  const usual = shownTarget({ kind, target: null }) ?? ALL_TARGETS;
  return chosen === usual ? null : chosen;
}

/** A change of the filters; it returns to the first page. */
export function withFilter(change: Partial<HistoryPlace>): Partial<HistoryPlace> {
  return { page: 0, after: null, ...change };
}

/** Whether a filter is set. */
export function isFiltered({ target, status, origin, from, to, search }: HistoryPlace): boolean {
  const isTarget = target !== null && target !== ALL_TARGETS;
  return isTarget || [status, origin, from, to].some((value) => value !== null) || search !== "";
}

/** Selects a kind; filters that only backups have are cleared. */
export function showKind(kind: RunKind): Partial<HistoryPlace> {
  return withFilter({ kind, status: null, origin: null, sort: "newest" });
}
