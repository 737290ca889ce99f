import { describe, expect, it } from "vitest";
import { BACKUP_OVERDUE_AFTER_MS, PROOF_OVERDUE_AFTER_MS } from "@backup/service_levels.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { createStory, DAYS } from "./history.ts";

const DAY_MS = 86_400_000;

/** Days that are special in a calendar, each weekday, and the hours around the backup and the drill of a Sunday. */
const DATES = [
  "2028-02-29T12:00:00Z",
  "2026-12-31T23:59:59Z",
  "2027-01-01T00:00:00Z",
  "2026-07-01T01:30:00Z", // a new month in UTC, not yet in Sao Paulo
  "2026-11-29T03:09:00Z",
  "2026-11-29T04:00:00Z",
  "2026-11-29T06:00:00Z",
  ...Array.from({ length: 7 }, (_, day) => `2026-11-${20 + day}T12:00:00Z`),
].map((date) => new Date(date));

describe.each(DATES)("a history that ends at %s", (now) => {
  const runs = createStory(now);
  const backups = runs.filter(({ kind, key }) => kind === "backup" && key !== null);
  const keys = backups.map(({ key }) => key);
  const nights = backups.filter(({ target, label }) => target === "prod" && label === null);
  const drills = runs.filter(({ kind }) => kind === "drill");

  it("has a backup for each night except the failed one and the one without a run", () => {
    const hasTonight = now.getTime() % DAY_MS > (3 * 60 + 12) * 60_000;
    expect(nights).toHaveLength(DAYS + (hasTonight ? 1 : 0) - 2);
    expect(runs.filter(({ key }) => key === null)).toHaveLength(1);
  });

  it("has drills, a labelled backup, and a restore with its safety copy, each of one of its backups", () => {
    expect(drills.length).toBeGreaterThanOrEqual(8);
    for (const drill of drills) expect(keys).toContain(drill.key);
    expect(backups.filter(({ label, target }) => label !== null && target === "prod")).toHaveLength(1);
    const [restore, ...more] = runs.filter(({ kind }) => kind === "restore");
    expect(more).toEqual([]);
    expect(keys).toEqual(expect.arrayContaining([restore?.key, restore?.safetyKey]));
  });

  it("has only ended runs, in order, with keys that have the time of each backup", () => {
    expect(runs.every(({ startedAt, finishedAt }) => startedAt < finishedAt && finishedAt <= now)).toBe(true);
    for (const { key, startedAt } of backups) {
      expect(Date.parse(parseArchiveKey(key ?? "").createdAtUtc)).toBe(startedAt.getTime());
      expect(startedAt.getTime()).toBeGreaterThan(now.getTime() - (DAYS + 1) * DAY_MS);
    }
  });

  it("shows a protected database that can be restored in three minutes", () => {
    const newest = (times: typeof runs) => Math.max(...times.map(({ finishedAt }) => finishedAt.getTime()));
    expect(now.getTime() - newest(nights)).toBeLessThan(BACKUP_OVERDUE_AFTER_MS);
    expect(now.getTime() - newest(drills)).toBeLessThan(PROOF_OVERDUE_AFTER_MS);
    for (const { startedAt, finishedAt } of drills) {
      expect(Math.floor((finishedAt.getTime() - startedAt.getTime()) / 60_000)).toBe(3);
    }
  });
});
