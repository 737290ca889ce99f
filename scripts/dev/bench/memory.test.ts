import { expect, it } from "vitest";
import { growthOf, memoryText } from "./memory.ts";

const at = (of: (second: number) => number) =>
  Array.from({ length: 90 }, (_, index) => ({ second: index + 1, mb: of(index + 1) }));

it("growth is the slope of what was sampled; a heap that fills and is emptied does not grow", () => {
  expect(Math.abs(growthOf(at((second) => 100 + second % 10)))).toBeLessThan(0.5);
  expect(growthOf(at((second) => 100 + second / 20))).toBeCloseTo(3);
  expect(() => growthOf([{ second: 1, mb: 100 }])).toThrow("fewer than two samples");
});

it("the verdict comes with its rule", () => {
  const leaking = at((second) => 100 + second / 20);
  expect(memoryText(leaking, growthOf(leaking))).toBe(
    "Resident memory once warm: 101 MB (15 s), 102 MB (30 s), 102 MB (45 s), 103 MB (60 s), 104 MB (75 s), 105 MB (90 s). " +
      "It changes by 3.00 MB a minute: NOT flat (flat is below 1).",
  );
  expect(memoryText(at(() => 100), 0)).toContain("flat (flat is below 1)");
});
