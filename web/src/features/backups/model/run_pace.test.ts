import { expect, it } from "vitest";
import type { Run } from "@backup/runs/run.ts";
import { paceOf } from "./run_pace.ts";
import { aRun } from "./test_rows.ts";

const START = Date.parse("2026-11-24T12:00:00Z");
const usual = [
  { kind: "restore", target: "prod", samples: 20, p50_ms: 1, p90_ms: 2 },
  { kind: "backup", target: "prod", samples: 3, p50_ms: 60_000, p90_ms: 90_000 },
  { kind: "backup", target: "dev", samples: 2, p50_ms: 60_000, p90_ms: 90_000 },
];
const after = (seconds: number, facts: Partial<Run> = {}) =>
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
  expect(after(20, { target: "dev" })).toBeNull();
  expect(after(20, { kind: "drill" })).toBeNull();
});
