import { expect, test } from "vitest";
import { parseKeys, scopeOf } from "./scope.ts";

const NONE = { missing: false, changed: false, new: false };
const asked = { table: "t", keys: undefined, search: undefined, choices: NONE };

test("keys are separated by commas, or JSON for several columns", () => {
  expect(parseKeys("7, 9,")).toEqual([["7"], ["9"]]);
  expect(parseKeys('[["7", "a,b"], ["9", 1]]')).toEqual([["7", "a,b"], ["9", "1"]]);
  expect(parseKeys('["a,b"]')).toEqual([["a,b"]]);
  for (const wrong of [",", "[]", "[7", " "]) expect(() => parseKeys(wrong)).toThrow("Cannot take rows");
});

test("what is missing is the default, and another choice takes its place", () => {
  expect(scopeOf(asked)).toMatchObject({ keys: null, search: null, choices: { ...NONE, missing: true } });
  expect(scopeOf({ ...asked, choices: { ...NONE, changed: true } }).choices.missing).toBe(false);
});

test.each([
  ["no table", { table: undefined }],
  ["a key and a text", { keys: "1", search: "abc" }],
  ["new rows by key", { keys: "1", choices: { ...NONE, new: true } }],
  ["new rows by text", { search: "abc", choices: { ...NONE, new: true } }],
])("%s is refused", (_, change) => {
  expect(() => scopeOf({ ...asked, ...change })).toThrow(
    expect.objectContaining({ code: "invalid_payload" }),
  );
});
