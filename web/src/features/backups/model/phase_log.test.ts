import { expect, it } from "vitest";
import { finishedPhases, notePhase, type SeenPhase } from "./phase_log.ts";
import { aRun } from "./test_rows.ts";

const START = "2026-11-24T12:00:00Z";
const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000);
const running = (phase: string | null) => aRun({ status: "running", started_at: START, phase });

function seen(...phases: [phase: string, seconds: number][]): readonly SeenPhase[] {
  return phases.reduce<readonly SeenPhase[]>((log, [phase, s]) => notePhase(log, running(phase), at(s)), []);
}

it("measures each phase from when it was seen to the next one", () => {
  const log = seen(["download", 1], ["download", 3], ["safety_backup", 4], ["load", 15]);
  expect(finishedPhases(log, START)).toEqual([
    { phase: "download", ms: 4000 },
    { phase: "safety_backup", ms: 11_000 },
  ]);
});

it("does not know the beginning of a phase that it joined", () => {
  expect(finishedPhases(seen(["load", 60], ["check", 70]), START)).toEqual([{ phase: "load", ms: null }]);
});

it("notes nothing before the script reports", () => {
  const log: readonly SeenPhase[] = [];
  expect(notePhase(log, running(null), at(0))).toBe(log);
  expect(notePhase(log, aRun({ status: "queued" }), at(0))).toBe(log);
});
