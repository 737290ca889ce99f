import { expect, it } from "vitest";
import { nextBackup, nextStart, vaultText } from "./coming_up_text.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const ZONE = "America/Sao_Paulo";

it("names the next start by the reader's day", () => {
  const start = (file: Parameters<typeof nextStart>[0], now: string) => nextStart(file, new Date(now), ZONE);
  expect(start("db-backup.yml", "2026-11-24T12:00:00Z")).toBe("amanhã, 00:10");
  expect(start("db-backup.yml", "2026-11-25T03:05:00Z")).toBe("hoje, 00:10");
  expect(start("db-backup-restore-drill.yml", "2026-11-24T12:00:00Z")).toBe("domingo, 02:30");
});

it("sees by a day's scheduled backups that one is made every four hours", () => {
  const next = (hoursApart: number, count: number, now: string) => {
    const at = (n: number) => new Date(Date.parse(now) - (n * hoursApart + 1) * 3_600_000).toISOString();
    return nextBackup(Array.from({ length: count }, (_, n) => at(n)), new Date(now), ZONE);
  };
  expect(next(24, 3, "2026-11-24T12:00:00Z")).toBe("amanhã, 00:10");
  expect(next(4, 2, "2026-11-24T12:00:00Z")).toBe("amanhã, 00:10");
  expect(next(4, 3, "2026-11-24T12:00:00Z")).toBe("hoje, 12:10");
  expect(next(4, 3, "2026-11-25T02:30:00Z")).toBe("amanhã, 00:10");
  expect(next(4, 3, "2026-11-25T03:30:00Z")).toBe("hoje, 04:10");
});

it("names number, size and price of what the vault holds", () => {
  expect(plain(vaultText({ count: 61, bytes: 1_900_000_000 })))
    .toBe("61 backups, 1,9 GB, cerca de US$ 0,03 por mês");
  expect(plain(vaultText({ count: 1, bytes: 12_000 })))
    .toBe("1 backup, 12 kB, menos de um centavo de dólar por mês");
  expect(vaultText({ count: 0, bytes: 0 })).toBe("nada ainda");
});
