/**
 * The items of a page of the history. Backups are rows of the catalog. Attempts without a result are runs; they are
 * merged between the backups by time, so that a failure is shown where the backup would be.
 */

import type { BackupOrigin, BackupRow } from "@backup/vault/catalog.ts";
import type { Run } from "@backup/runs/run.ts";
import { ATTEMPT_STATUSES, type HistoryPlace } from "./history_place.ts";

export type HistoryItem =
  | { type: "backup"; id: string; at: string; backup: BackupRow }
  | { type: "run"; id: string; at: string; run: Run };

export function backupItem(backup: BackupRow): HistoryItem {
  return { type: "backup", id: backup.id, at: backup.created_at, backup };
}

export function runItem(run: Run): HistoryItem {
  return { type: "run", id: run.id, at: run.created_at, run };
}

/** The list that a place shows. */
export type Listing =
  /** The vault, with `attempts` also the failed attempts. */
  | { list: "backups"; attempts: boolean }
  | { list: "runs" };

export function listingOf({ kind, status, sort }: HistoryPlace): Listing {
  if (kind !== "backup" || isAttemptStatus(status)) return { list: "runs" };
  return { list: "backups", attempts: status === null && (sort === "newest" || sort === "oldest") };
}

function isAttemptStatus(status: string | null): boolean {
  return ATTEMPT_STATUSES.some((attempt) => attempt === status);
}

/** Whether a run is of kind backup and ended without one. */
export function isAttempt(run: Run): boolean {
  return run.kind === "backup" && isAttemptStatus(run.status);
}

/** The origin of a run, in the catalog's terms for backups. */
export function originOfRun({ requested_by: requester }: Pick<Run, "requested_by">): BackupOrigin {
  if (requester === "schedule") return "schedule";
  return requester !== null && (requester.includes("@") || requester.startsWith("github:"))
    ? "person"
    : "other";
}

/** The attempts of a page: `from` inclusive, `to` exclusive; `null` is unbounded. */
export interface Span {
  from: string | null;
  to: string | null;
}

/**
 * The span of a page of backups: from its first row to the first row of the next page, open at the list's ends.
 * @param first the page's first row, `null` on the first page
 * @param next the first row of the next page, `null` on the last
 */
export function spanOfPage(
  { first, next }: { first: BackupRow | null; next: BackupRow | null },
  sort: "newest" | "oldest",
): Span {
  const [upper, lower] = sort === "newest" ? [first, next] : [next, first];
  return { from: lower?.created_at ?? null, to: upper?.created_at ?? null };
}

/** The intersection of two spans. */
export function narrowed(a: Span, b: Span): Span {
  const latest = (x: string | null, y: string | null) => pick(x, y, (p, q) => Date.parse(p) >= Date.parse(q));
  const earliest = (x: string | null, y: string | null) =>
    pick(x, y, (p, q) => Date.parse(p) < Date.parse(q));
  return { from: latest(a.from, b.from), to: earliest(a.to, b.to) };
}

/**
 * The newest runs that are within a span, `null` when the list was cut at its limit before the span's start.
 * @param newest newest first, from the span's end on
 */
export function runsOfSpan(newest: readonly Run[], limit: number, { from }: Span): Run[] | null {
  const inside = newest.filter((run) => from === null || Date.parse(run.created_at) >= Date.parse(from));
  return newest.length === limit && inside.length === limit ? null : inside;
}

function pick(x: string | null, y: string | null, first: (x: string, y: string) => boolean): string | null {
  if (x === null || y === null) return x ?? y;
  return first(x, y) ? x : y;
}

/** Backups and attempts by time. */
export function mergeItems(items: readonly HistoryItem[], sort: "newest" | "oldest"): HistoryItem[] {
  const direction = sort === "newest" ? -1 : 1;
  return items.toSorted((a, b) => direction * (Date.parse(a.at) - Date.parse(b.at)));
}
