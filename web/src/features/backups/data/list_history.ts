/** One page of the history, selected by its place in the URL. */

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type Run, runSchema } from "@backup/runs/run.ts";
import { beginOfDay } from "../../../lib/day.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import {
  backupItem,
  type HistoryItem,
  isAttempt,
  listingOf,
  mergeItems,
  narrowed,
  originOfRun,
  runItem,
  runsOfSpan,
  type Span,
  spanOfPage,
} from "../model/history_items.ts";
import { type HistoryPlace, shownTarget } from "../model/history_place.ts";
import { keys } from "./keys.ts";
import { backupRowsSchema } from "./list_backups.ts";
import { queryDefaults } from "./query_defaults.ts";

export const PAGE_SIZE = 20;
/** The maximum number of runs read to find the attempts of one page. */
const ATTEMPTS_LIMIT = 200;
/**
 * The number of runs requested in parallel with the newest backups, before it is known how far back those reach. It
 * suffices unless every other attempt fails.
 */
const EARLY_LIMIT = 2 * PAGE_SIZE;
const runsSchema = z.array(runSchema);

export interface HistoryPage {
  items: HistoryItem[];
  hasMore: boolean;
  /** The row after which the next page begins. */
  last: string | null;
  /** Whether there may be more attempts than are shown. */
  attemptsCut: boolean;
}

export function historyQuery(gateway: Gateway, place: HistoryPlace) {
  const listed = { ...place, details: null };
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.history(listed),
    queryFn: ({ signal }) => {
      const listing = listingOf(listed);
      return listing.list === "runs"
        ? readRuns(gateway, listed, signal)
        : readBackups(gateway, listed, listing.attempts, signal);
    },
    placeholderData: keepPreviousData,
  });
}

export function useHistory(place: HistoryPlace) {
  return useQuery(historyQuery(useGateway(), place));
}

/** The period as instants. */
function periodOf({ from, to }: HistoryPlace): Span {
  return {
    from: from && beginOfDay(from).toISOString(),
    to: to && beginOfDay(to, 1).toISOString(),
  };
}

async function readRuns(gateway: Gateway, place: HistoryPlace, signal: AbortSignal): Promise<HistoryPage> {
  const { from, to } = periodOf(place);
  const runs = await gateway.read(
    "ops_db_backup_runs_list",
    {
      p_target: shownTarget(place),
      p_kind: place.kind,
      p_status: place.status,
      p_from: from,
      p_to: to,
      p_search: place.search || null,
      p_after_id: place.after,
      p_limit: PAGE_SIZE + 1,
    },
    runsSchema,
    signal,
  );
  const shown = runs.slice(0, PAGE_SIZE);
  return {
    items: shown.map(runItem),
    hasMore: runs.length > PAGE_SIZE,
    last: shown.at(-1)?.id ?? null,
    attemptsCut: false,
  };
}

async function readBackups(
  gateway: Gateway,
  place: HistoryPlace,
  withAttempts: boolean,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const period = periodOf(place);
  const sort = place.sort === "oldest" ? "oldest" : "newest";
  const isEarly = withAttempts && sort === "newest" && place.page === 0;
  const args = {
    p_target: shownTarget(place),
    p_status: place.status,
    p_origin: place.origin,
    p_from: period.from,
    p_to: period.to,
    p_search: place.search || null,
    p_sort: place.sort,
    p_after_id: place.after,
    p_offset: place.after === null ? place.page * PAGE_SIZE : 0,
    p_limit: PAGE_SIZE + 1,
  };
  const [rows, newestRuns] = await Promise.all([
    gateway.read("ops_db_backups_list", args, backupRowsSchema, signal),
    isEarly ? readBackupRuns(gateway, place, period, EARLY_LIMIT, signal) : null,
  ]);
  const shown = rows.slice(0, PAGE_SIZE);
  const page = {
    items: shown.map(backupItem),
    hasMore: rows.length > PAGE_SIZE,
    last: shown.at(-1)?.id ?? null,
    attemptsCut: false,
  };
  if (!withAttempts || place.page > 0 && shown.length === 0) return page;
  const first = place.page === 0 ? null : shown[0] ?? null;
  const span = narrowed(period, spanOfPage({ first, next: rows[PAGE_SIZE] ?? null }, sort));
  const runs = (newestRuns && runsOfSpan(newestRuns, EARLY_LIMIT, span)) ??
    await readBackupRuns(gateway, place, span, ATTEMPTS_LIMIT, signal);
  const attempts = runs.filter((run) =>
    isAttempt(run) && (place.origin === null || originOfRun(run) === place.origin)
  );
  return {
    ...page,
    items: mergeItems([...page.items, ...attempts.map(runItem)], sort),
    attemptsCut: runs.length === ATTEMPTS_LIMIT,
  };
}

/** Runs of kind backup within a span, newest first. */
function readBackupRuns(
  gateway: Gateway,
  place: HistoryPlace,
  { from, to }: Span,
  limit: number,
  signal: AbortSignal,
): Promise<Run[]> {
  const args = {
    p_target: shownTarget(place),
    p_kind: "backup",
    p_from: from,
    p_to: to,
    p_search: place.search || null,
    p_limit: limit,
  };
  return gateway.read("ops_db_backup_runs_list", args, runsSchema, signal);
}
