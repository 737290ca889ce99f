import { expect, it } from "vitest";
import { planState } from "./plan_age.ts";
import { aRun } from "./test_rows.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const ended = (secondsAgo: number) =>
  aRun({
    kind: "plan",
    status: "succeeded",
    finished_at: new Date(NOW.getTime() - secondsAgo * 1000).toISOString(),
  });

it("a simulation is valid for thirty minutes from its end", () => {
  expect(planState(ended(60), NOW)).toEqual({ state: "fresh", leftMs: 29 * 60_000 });
  expect(planState(ended(1799), NOW)).toEqual({ state: "fresh", leftMs: 1000 });
  expect(planState(ended(1800), NOW)).toEqual({ state: "stale" });
});

it("distinguishes an active simulation, one without a plan, and none", () => {
  expect(planState(aRun({ kind: "plan", status: "queued" }), NOW)).toEqual({ state: "running" });
  expect(planState(aRun({ kind: "plan", status: "lost" }), NOW)).toEqual({ state: "failed" });
  expect(planState(null, NOW)).toEqual({ state: "none" });
});
