import { describe, expect, it } from "vitest";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { createStory, DAYS } from "./story.ts";

const DAY_MS = 86_400_000;

describe.each(Array.from({ length: 7 }, (_, day) => new Date(Date.UTC(2026, 10, 20 + day, 12))))(
  "told on %s",
  (now) => {
    const { backups, runs } = createStory(now);
    const nights = backups.filter(({ target, label }) => target === "prod" && label === null);

    it("has a night for each day but the one that failed and the one of the gap", () => {
      expect(nights).toHaveLength(DAYS + 1 - 2);
      expect(runs.filter(({ status }) => status === "failed")).toHaveLength(1);
    });

    it("has drills, each of a backup that is there, which it proves", () => {
      const drills = runs.filter(({ kind }) => kind === "drill");
      expect(drills.length).toBeGreaterThanOrEqual(8);
      for (const drill of drills) {
        const proven = backups.find(({ key }) => key === drill.key);
        expect(proven?.provenAt).toEqual(drill.finishedAt);
      }
      expect(backups.filter(({ provenAt }) => provenAt !== null)).toHaveLength(drills.length);
    });

    it("has one label of a person, one restore with its safety copy", () => {
      expect(backups.filter(({ label, target }) => label !== null && target === "prod")).toHaveLength(1);
      const [restore, ...more] = runs.filter(({ kind }) => kind === "restore");
      expect(more).toEqual([]);
      expect(backups.map(({ key }) => key)).toContain(restore?.key);
      expect(backups.map(({ key }) => key)).toContain(restore?.safetyKey);
    });

    it("is over, in order, under keys that say when", () => {
      expect(runs.every(({ startedAt, finishedAt }) => startedAt < finishedAt && finishedAt <= now)).toBe(
        true,
      );
      for (const { key, createdAt } of backups) {
        expect(Date.parse(parseArchiveKey(key).createdAtUtc)).toBe(createdAt.getTime());
      }
      expect(Math.min(...backups.map(({ createdAt }) => createdAt.getTime()))).toBeGreaterThan(
        now.getTime() - (DAYS + 1) * DAY_MS,
      );
    });
  },
);

it("leaves out what is still to come today", () => {
  const before = createStory(new Date("2026-11-24T03:00:00Z"));
  const after = createStory(new Date("2026-11-24T03:20:00Z"));
  expect(after.backups.length - before.backups.length).toBe(1);
});
