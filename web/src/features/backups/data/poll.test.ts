import { expect, it } from "vitest";
import { pollDelay } from "./poll.ts";

it.each([
  [0, 2000],
  [-5000, 2000],
  [4000, 4000],
  [8000, 8000],
  [500_000, 30_000],
])("%d ms after the last success the next poll follows in %d ms", (silence, delay) => {
  expect(pollDelay({ dataUpdatedAt: 10_000, errorUpdatedAt: 10_000 + silence })).toBe(delay);
});
