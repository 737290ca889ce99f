import { expect, it } from "vitest";
import { type SizedDay, sizeSeries } from "./size_chart.ts";

const days = (sizes: (number | null)[]): SizedDay[] =>
  sizes.map((last_bytes, index) => ({
    day: `2026-11-0${index + 1}`,
    last_bytes,
  }));

it("scales x from the oldest day to the newest, y from zero to the largest backup", () => {
  const { points, drops, largest } = sizeSeries(days([50, null, 100]));
  expect(points.map(({ x, y }) => [x, y])).toEqual([[0, 0.5], [1, 1]]);
  expect([drops, largest]).toEqual([[], 100]);
});

it("marks a sudden drop, not a slow one, also across days without a backup", () => {
  expect(sizeSeries(days([100, 76])).drops).toEqual([]);
  const { drops } = sizeSeries(days([100, null, 74, 60]));
  expect(drops).toMatchObject([{ at: { day: "2026-11-03", bytes: 74 }, fromBytes: 100, percent: 26 }]);
});

it("has no points without backups", () => {
  expect(sizeSeries(days([null, null]))).toMatchObject({ points: [], drops: [] });
});
