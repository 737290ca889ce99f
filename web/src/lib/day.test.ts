import { expect, it } from "vitest";
import { beginOfDay, dayOf } from "./day.ts";

it("a day starts at local midnight and converts back", () => {
  const begin = beginOfDay("2026-03-01");
  expect([begin.getHours(), begin.getMinutes(), begin.getDate()]).toEqual([0, 0, 1]);
  expect(dayOf(begin)).toBe("2026-03-01");
  expect(dayOf(new Date(begin.getTime() - 1))).toBe("2026-02-28");
});

it("counts days, not hours", () => expect(dayOf(beginOfDay("2026-12-31", 1))).toBe("2027-01-01"));
