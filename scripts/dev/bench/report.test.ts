import { expect, test } from "vitest";
import { type FullRound, median, summarize, table, withSection } from "./report.ts";
import type { Round } from "./rounds.ts";

const usage = { client: 1, server: 2, peakMb: 300 };
const ways = (factor: number, ours: number): Round => ({
  backup: { raw: factor, ours: ours * factor },
  restore: { parallel: 2 * factor, ours: 3 * factor },
  usage: { raw: usage, backup: usage, parallel: usage, restore: usage },
  peakMb: { backup: 100 * factor, restore: 50 },
  lockSeconds: factor,
  waits: { reader: factor, writer: factor },
  afterSeconds: 1,
  phases: {},
  archive: { key: "", bytes: 1, rawBytes: 2, gzip: "igzip -1" },
});
const round = (factor: number, ours: number): FullRound => ({
  data: ways(factor, ours),
  others: {
    backup: { encrypted: 2 * ours * factor, directory: 2 * factor, old: 8 * factor },
    restore: { stream: 4 * factor, old: 6 * factor },
    factsSeconds: 0.1,
    oldErrors: 14,
  },
  structure: ways(factor, 1),
});
const outcome = {
  rounds: [round(1, 1), round(10, 2), round(2, 4)],
  gb: 1,
  databaseBytes: 1,
};

test("the median of an even number of values is the mean of the middle two", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 2])).toBe(2);
});

test("a slow round is weighted by its own ratio, not by its seconds", () => {
  const { backup, restore, structure } = summarize(outcome);
  expect(backup).toMatchObject({ ratio_raw: 2, ratio_old: 0.25, ratio_encrypted: 2, peak_mb: 1000 });
  expect(restore).toMatchObject({ ratio_j2: 1.5, ratio_old: 0.5, lock_seconds: 2 });
  expect(restore).toMatchObject({ client_cpu_seconds: 1, server_cpu_seconds: 2, peak_tree_mb: 300 });
  expect(structure).toMatchObject({ backup: { ratio_raw: 1 }, restore: { ratio_j2: 1.5, lock_seconds: 2 } });
  expect(table(outcome)).toContain("| 8.0 | 1.0–20.0 | 2.00 | 2.0 | 1.0 |");
});

test("a section is appended, or replaces its older version", () => {
  const one = withSection("# Benchmarks\n\nFigures.\n", "Screen", "fast\n");
  expect(one).toBe("# Benchmarks\n\nFigures.\n\n## Screen\n\nfast\n");
  const two = withSection(one, "Status", "flat");
  expect(withSection(two, "Screen", "faster")).toBe(
    "# Benchmarks\n\nFigures.\n\n## Screen\n\nfaster\n\n## Status\n\nflat\n",
  );
});
