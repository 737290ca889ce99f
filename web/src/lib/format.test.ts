import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCounted,
  formatDay,
  formatDayShort,
  formatDuration,
  formatInstant,
  formatTime,
  formatUtc,
  percentOf,
} from "./format.ts";

/** Replaces the no-break spaces of the formats by spaces. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, " ");

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1500, "1,5 kB"],
    [999_499, "999 kB"],
    [999_600, "1 MB"],
    [12_345_678, "12,3 MB"],
    [4_200_000_000, "4,2 GB"],
    [5e15, "5.000 TB"],
  ])("%d → %s", (bytes, text) => expect(plain(formatBytes(bytes))).toBe(text));

  it("keeps three digits in a column", () => {
    expect([2_000_000, 12_000_000].map((bytes) => plain(formatBytes(bytes, { aligned: true }))))
      .toEqual(["2,00 MB", "12,0 MB"]);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0 s"],
    [300, "menos de 1 s"],
    [1000, "1 s"],
    [60_000, "1 min"],
    [192_000, "3 min 12 s"],
    [3_600_000, "1 h"],
    [3_661_000, "1 h 1 min"],
    [90_000_000, "1 d 1 h"],
    [-5, "0 s"],
  ])("%d ms → %s", (milliseconds, text) => expect(plain(formatDuration(milliseconds))).toBe(text));
});

describe("instants", () => {
  const instant = new Date("2026-11-24T06:10:22.600Z");

  it.each([
    ["2026-11-24T06:10:00Z", "agora"],
    ["2026-11-24T06:11:30Z", "há 1 min"],
    ["2026-11-24T07:10:21Z", "há 59 min"],
    ["2026-11-24T09:20:00Z", "há 3 h"],
    ["2026-11-26T06:09:00Z", "há 47 h"],
    ["2026-11-26T06:11:00Z", "há 2 dias"],
  ])("at %s it is %s", (now, text) => expect(plain(formatAgo(instant, new Date(now)))).toBe(text));

  it("shows local and universal time", () => {
    expect(formatInstant(instant, "America/Sao_Paulo")).toBe("24/11/2026 03:10");
    expect(formatUtc(instant)).toBe("24/11/2026 06:10:22 UTC");
    expect(formatTime(instant, "America/Sao_Paulo")).toBe("03:10");
    expect(formatDay("2026-11-24")).toBe("terça-feira, 24/11");
    expect(formatDayShort("2026-11-24")).toBe("24/11");
  });
});

it("uses the singular and the plural", () => {
  expect(formatCounted(1, "tabela", "tabelas")).toBe("1 tabela");
  expect(formatCounted(1234, "tabela", "tabelas")).toBe("1.234 tabelas");
});

it("is 100 % only at the end", () => {
  expect(percentOf(999, 1000)).toBe(99);
  expect(percentOf(1200, 1000)).toBe(100);
  expect(percentOf(5, 0)).toBe(0);
});
