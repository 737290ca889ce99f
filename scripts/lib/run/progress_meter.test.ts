import { expect, test } from "vitest";
import { amountText, barText, logMeter, terminalMeter } from "./progress_meter.ts";

const ERASE = "\r\x1b[K";

test("a bar shows share, amount and rate; without an expected amount, the amount and the rate", () => {
  const amount = { phase: "download", done: 12_300_000, expected: 24_600_000, seconds: 2 };
  expect(barText(amount)).toBe("download [##########----------] 50 %, 12.3 of 24.6 MB, 6.2 MB/s");
  expect(barText({ ...amount, expected: null })).toBe("download: 12.3 MB, 6.2 MB/s");
  expect(amountText({ ...amount, phase: "safety_backup", seconds: 0 })).toBe(
    "safety backup: 50 %, 12.3 of 24.6 MB",
  );
});

test("an estimate that was too small does not pass 100 %", () => {
  const amount = { phase: "dump", done: 30_000_000, expected: 20_000_000, seconds: 10 };
  expect(barText(amount)).toBe("dump [####################] 100 %, 30.0 MB, 3.0 MB/s");
});

test("a terminal's line is redrawn ten times a second, fits, and makes room for others", () => {
  let now = 0;
  const written: string[] = [];
  const meter = terminalMeter((text) => written.push(text), () => 30, () => now);
  meter.clear();
  for (; now < 1000; now += 10) meter.show("upload", now * 1e5, 1e8);
  expect(written).toHaveLength(10);
  for (const text of written) expect(text.slice(ERASE.length).length).toBeLessThan(30);
  meter.clear();
  meter.clear();
  expect(written.slice(10)).toEqual([ERASE]);
  meter.show("upload", 1e8, 1e8);
  expect(written.at(-1)).toMatch(/upload \[#{20}\]/);
});

test("a log gets a line every ten seconds of a phase, none of a short one", () => {
  let now = 0;
  const lines: string[] = [];
  const meter = logMeter((line) => lines.push(line), () => now);
  for (; now <= 9_000; now += 500) meter.show("dump", now * 1000, null);
  for (; now <= 40_000; now += 500) meter.show("upload", now * 1000, 40e6);
  meter.show("catalog", 1, 1);
  expect(lines).toEqual([
    "  upload: 48 %, 19.5 of 40.0 MB, 1.9 MB/s",
    "  upload: 73 %, 29.5 of 40.0 MB, 1.5 MB/s",
    "  upload: 98 %, 39.5 of 40.0 MB, 1.3 MB/s",
  ]);
});
