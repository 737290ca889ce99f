import { expect, test } from "vitest";
import { requireWritten } from "./written.ts";

const counts = { t: { created: 1, changed: 2, deleted: 3 } };
const none = new Map([["t", [5, 5, 5] as const], ["u", [0, 0, 0] as const]]);
const written = (created: number, changed: number, deleted: number, other = 0) =>
  new Map([["t", [5 + created, 5 + changed, 5 + deleted] as const], ["u", [0, other, 0] as const]]);

test("the patch's counts pass, and rows that move to another partition", () => {
  expect(() => requireWritten(none, written(1, 2, 3), counts)).not.toThrow();
  expect(() => requireWritten(none, written(3, 0, 5), counts)).not.toThrow();
});

test.each([
  [written(2, 2, 3), "t: 2 created, 2 changed, 3 deleted instead of 1, 2, 3"],
  [written(1, 3, 3), "t: 1 created, 3 changed"],
  [written(1, 2, 3, 1), "u: 0 created, 1 changed, 0 deleted instead of 0, 0, 0"],
])("other counts are refused %#", (after, why) => {
  expect(() => requireWritten(none, after, counts)).toThrow(why);
});
