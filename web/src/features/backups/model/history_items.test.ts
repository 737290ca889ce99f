import { describe, expect, it } from "vitest";
import {
  backupItem,
  isAttempt,
  listingOf,
  mergeItems,
  narrowed,
  originOfRun,
  runItem,
  runsOfSpan,
  spanOfPage,
} from "./history_items.ts";
import { BEGINNING } from "./history_place.ts";
import { aBackup, aRun } from "./test_rows.ts";

describe("the list of a place", () => {
  it.each(
    [
      [{}, { list: "backups", attempts: true }],
      [{ sort: "oldest" }, { list: "backups", attempts: true }],
      [{ sort: "largest" }, { list: "backups", attempts: false }],
      [{ status: "uploaded" }, { list: "backups", attempts: false }],
      [{ status: "lost" }, { list: "runs" }],
      [{ kind: "drill" }, { list: "runs" }],
    ] as const,
  )("%j: %j", (place, listing) => expect(listingOf({ ...BEGINNING, ...place })).toEqual(listing));
});

it("an attempt is neither active, nor succeeded, nor of another kind", () => {
  expect(isAttempt(aRun({ status: "failed" }))).toBe(true);
  expect(isAttempt(aRun({ status: "lost" }))).toBe(true);
  expect(isAttempt(aRun({ status: "running" }))).toBe(false);
  expect(isAttempt(aRun({ status: "succeeded" }))).toBe(false);
  expect(isAttempt(aRun({ status: "failed", kind: "restore" }))).toBe(false);
});

it.each([
  ["schedule", "schedule"],
  ["a@b.br", "person"],
  ["github:octo", "person"],
  ["command line", "other"],
  [null, "other"],
])(
  "a request by %j has origin %j",
  (requested_by, origin) => expect(originOfRun({ requested_by })).toBe(origin),
);

describe("the attempts of a page", () => {
  const first = aBackup({ created_at: "2026-11-20T03:10:00+00:00" });
  const next = aBackup({ created_at: "2026-11-10T03:10:00+00:00" });

  it("range from its first row to the next page's first, unbounded at the list's ends", () => {
    expect(spanOfPage({ first, next }, "newest")).toEqual({ from: next.created_at, to: first.created_at });
    expect(spanOfPage({ first: null, next }, "newest")).toEqual({ from: next.created_at, to: null });
    expect(spanOfPage({ first, next: null }, "newest")).toEqual({ from: null, to: first.created_at });
    expect(spanOfPage({ first: next, next: first }, "oldest")).toEqual({
      from: next.created_at,
      to: first.created_at,
    });
  });

  it("stay within the period", () => {
    const period = { from: "2026-11-12T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z" };
    expect(narrowed(period, spanOfPage({ first, next }, "newest"))).toEqual({
      from: period.from,
      to: first.created_at,
    });
    expect(narrowed({ from: null, to: null }, { from: null, to: "x" })).toEqual({ from: null, to: "x" });
  });

  it("are taken from the newest runs when these reach far enough", () => {
    const inside = aRun({ created_at: "2026-11-15T03:10:00+00:00" });
    const atBegin = aRun({ created_at: next.created_at });
    const before = aRun({ created_at: "2026-11-09T03:10:00+00:00" });
    const span = { from: next.created_at, to: null };
    expect(runsOfSpan([inside, atBegin, before], 3, span)).toEqual([inside, atBegin]);
    expect(runsOfSpan([inside, atBegin], 2, span)).toBeNull();
    expect(runsOfSpan([inside, atBegin], 3, span)).toEqual([inside, atBegin]);
    expect(runsOfSpan([inside, before], 2, { from: null, to: null })).toBeNull();
  });

  it("are merged between the backups by time", () => {
    const failed = aRun({ status: "failed", created_at: "2026-11-15T03:10:00+00:00" });
    const items = [backupItem(first), backupItem(next), runItem(failed)];
    expect(mergeItems(items, "newest").map(({ id }) => id)).toEqual([first.id, failed.id, next.id]);
    expect(mergeItems(items, "oldest").map(({ id }) => id)).toEqual([next.id, failed.id, first.id]);
  });
});
