import { expect, it } from "vitest";
import type { Report } from "../../../../supabase/functions/_shared/backup/api.ts";
import { findingsOf, healthSummary } from "./health_words.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const CONDITION = {
  title: "Atrasado",
  risk: "Perda.",
  facts: ["Há 30 h."],
  todo: "Olhe.",
  issue_url: "https://x.br/1",
};

function aReport(facts: Partial<Report> = {}): Report {
  return { name: "watchdog", at: "2026-11-24T11:48:00+00:00", status: "ok", report: {}, ...facts };
}

it.each([
  [[], "neutral", "Vigia: ainda sem relatório"],
  [[aReport({ name: "doctor" })], "neutral", "Vigia: ainda sem relatório"],
  [[aReport()], "ok", "Vigia: tudo em ordem, há 12 min"],
  [
    [aReport({ status: "warning", report: { conditions: [CONDITION] } })],
    "warn",
    "Vigia: 1 alerta, há 12 min",
  ],
  [[aReport({ status: "failed" })], "bad", "Vigia: não terminou bem, há 12 min"],
  [[aReport({ at: "2026-11-24T08:30:00+00:00" })], "warn", "Vigia: sem notícias; última há 3 h"],
])("%j is summed up as %s: %s", (reports, tone, text) => {
  const summary = healthSummary(reports, NOW);
  expect([summary.tone, plain(summary.text)]).toEqual([tone, text]);
});

it("finds what a report names, of the watchdog and of a list of checks", () => {
  expect(findingsOf(aReport({ report: { conditions: [CONDITION] } }))).toEqual([
    { title: "Atrasado", lines: ["Perda.", "Há 30 h.", "Olhe."], url: "https://x.br/1" },
  ]);
  const checks = [{ status: "ok", message: "bom" }, { status: "failed", message: "ruim" }];
  expect(findingsOf(aReport({ report: { checks } }))).toEqual([{ title: "ruim", lines: [], url: null }]);
  expect(findingsOf(aReport({ report: { conditions: "x", other: 1 } }))).toEqual([]);
});
