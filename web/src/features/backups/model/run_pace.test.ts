import { expect, it } from "vitest";
import type { Run } from "@backup/runs/run.ts";
import { paceOf, type UsualDuration } from "./run_pace.ts";
import { aRun } from "./test_rows.ts";

const START = Date.parse("2026-11-24T12:00:00Z");
const USUAL = { samples: 3, p50_ms: 60_000, p90_ms: 90_000 };
const after = (seconds: number, facts: Partial<Run> = {}, usual: UsualDuration = USUAL) =>
  paceOf(
    aRun({ started_at: new Date(START).toISOString(), ...facts }),
    usual,
    new Date(START + seconds * 1000),
  );

it.each([
  [20, { state: "remaining", ms: 40_000 }],
  [60, { state: "any_moment", ms: 0 }],
  [90, { state: "any_moment", ms: 0 }],
  [91, { state: "slow", ms: 90_000 }],
])("after %d s of usually 60", (seconds, pace) => expect(after(seconds)).toEqual(pace));

it("has no estimate before the start, or from too few runs", () => {
  expect(after(20, { started_at: null })).toBeNull();
  expect(after(20, {}, { ...USUAL, samples: 2 })).toBeNull();
  expect(after(20, {}, { samples: 0, p50_ms: null, p90_ms: null })).toBeNull();
});
