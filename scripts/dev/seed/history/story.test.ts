import { describe, expect, it } from "vitest";
import { BACKUP_OVERDUE_AFTER_MS, PROOF_OVERDUE_AFTER_MS } from "@backup/service_levels.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { createStory, DAYS, type SampleRun } from "./story.ts";

const DAY_MS = 86_400_000;

/** Days that are special in a calendar, each weekday, and arbitrary dates. */
const DATES = [
  "2028-02-29T12:00:00Z",
  "2026-12-31T23:59:59Z",
  "2027-01-01T00:00:00Z",
  // a new month in UTC, not yet in Sao Paulo
  "2026-07-01T01:30:00Z",
  // the hour that New York skips, and the one that Lisbon repeats
  "2027-03-14T07:30:00Z",
  "2026-10-25T01:30:00Z",
  // before, during and after the nightly backup and the drill of a Sunday
  "2026-11-29T03:09:00Z",
  "2026-11-29T04:00:00Z",
  "2026-11-29T06:00:00Z",
  ...Array.from({ length: 7 }, (_, day) => `2026-11-${20 + day}T12:00:00Z`),
  "2026-01-19T17:42:11Z",
  "2027-06-05T02:13:54Z",
  "2029-09-30T21:05:09Z",
  "2031-04-08T08:31:40Z",
  "2033-08-17T14:59:02Z",
  "2036-02-28T23:20:33Z",
  "2038-01-19T03:14:08Z",
  "2040-12-02T10:10:10Z",
  "2044-05-22T05:29:59Z",
  "2051-10-13T19:47:26Z",
].map((date) => new Date(date));

describe.each(DATES)("a history that ends at %s", (now) => {
  const { backups, runs } = createStory(now);
  const nights = backups.filter(({ target, label }) => target === "prod" && label === null);
  const drills = runs.filter(({ kind }) => kind === "drill");

  it("has a backup for each night except the failed one and the one without a run", () => {
    const hasTonight = now.getTime() % DAY_MS > (3 * 60 + 12) * 60_000;
    expect(nights).toHaveLength(DAYS + (hasTonight ? 1 : 0) - 2);
    expect(runs.filter(({ status }) => status === "failed")).toHaveLength(1);
  });

  it("has drills, each of which proves one of its backups", () => {
    expect(drills.length).toBeGreaterThanOrEqual(8);
    for (const drill of drills) {
      const proven = backups.find(({ key }) => key === drill.key);
      expect(proven?.provenAt).toEqual(drill.finishedAt);
    }
    expect(backups.filter(({ provenAt }) => provenAt !== null)).toHaveLength(drills.length);
  });

  it("has one backup with a label and one restore with its safety copy", () => {
    expect(backups.filter(({ label, target }) => label !== null && target === "prod")).toHaveLength(1);
    const [restore, ...more] = runs.filter(({ kind }) => kind === "restore");
    expect(more).toEqual([]);
    expect(backups.map(({ key }) => key)).toContain(restore?.key);
    expect(backups.map(({ key }) => key)).toContain(restore?.safetyKey);
  });

  it("has only ended runs, in order, with keys that have the time of each backup", () => {
    expect(runs.every(({ startedAt, finishedAt }) => startedAt < finishedAt && finishedAt <= now)).toBe(true);
    for (const { key, createdAt } of backups) {
      expect(Date.parse(parseArchiveKey(key).createdAtUtc)).toBe(createdAt.getTime());
    }
    expect(Math.min(...backups.map(({ createdAt }) => createdAt.getTime()))).toBeGreaterThan(
      now.getTime() - (DAYS + 1) * DAY_MS,
    );
  });

  it("shows a protected database that can be restored in three minutes", () => {
    const newest = Math.max(...nights.map(({ createdAt }) => createdAt.getTime()));
    const proof = Math.max(...drills.map(({ finishedAt }) => finishedAt.getTime()));
    expect(now.getTime() - newest).toBeLessThan(BACKUP_OVERDUE_AFTER_MS);
    expect(now.getTime() - proof).toBeLessThan(PROOF_OVERDUE_AFTER_MS);
    expect(Math.floor(medianMs(drills) / 60_000)).toBe(3);
  });
});

function medianMs(runs: readonly SampleRun[]): number {
  const sorted = runs.map(({ startedAt, finishedAt }) => finishedAt.getTime() - startedAt.getTime())
    .sort((a, b) => a - b);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.floor(sorted.length / 2)] ?? 0)) /
    2;
}

it("depends on clock and seed only", () => {
  const now = new Date("2026-11-24T12:00:00Z");
  expect(createStory(now, 3)).toEqual(createStory(now, 3));
  const durationsOf = (seed: number) => createStory(now, seed).backups.map(({ durationMs }) => durationMs);
  expect(durationsOf(3)).not.toEqual(durationsOf(4));
});

it("excludes runs that are later than now", () => {
  const before = createStory(new Date("2026-11-24T03:00:00Z"));
  const after = createStory(new Date("2026-11-24T03:20:00Z"));
  expect(after.backups.length - before.backups.length).toBe(1);
});
