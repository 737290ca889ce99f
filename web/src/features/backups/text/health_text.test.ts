import { expect, it } from "vitest";
import type { Report } from "@backup/api.ts";
import { findingsOf, healthSummary } from "./health_text.ts";

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
  [[], "warn", "Vigia: nunca deixou relatório"],
  [[aReport({ name: "doctor" })], "warn", "Vigia: nunca deixou relatório"],
  [[aReport()], "ok", "Vigia: tudo em ordem, há 12 min"],
  [
    [aReport({ status: "warning", report: { conditions: [CONDITION] } })],
    "warn",
    "Vigia: 1 alerta, há 12 min",
  ],
  [[aReport({ status: "failed" })], "bad", "Vigia: não terminou bem, há 12 min"],
  [
    [aReport(), aReport({ name: "doctor", status: "failed" })],
    "bad",
    "Vigia: tudo em ordem, há 12 min · Diagnóstico: com falhas",
  ],
  [
    [aReport(), aReport({ name: "doctor", status: "warning" })],
    "warn",
    "Vigia: tudo em ordem, há 12 min · Diagnóstico: pede atenção",
  ],
  [[aReport({ at: "2026-11-24T05:30:00+00:00" })], "ok", "Vigia: tudo em ordem, há 6 h"],
  [[aReport({ at: "2026-11-23T22:30:00+00:00" })], "warn", "Vigia: sem notícias; última há 13 h"],
  [
    [aReport({ name: "watch", at: "2026-11-24T08:30:00+00:00" })],
    "warn",
    "Vigia: sem notícias; última há 3 h",
  ],
  [
    [
      aReport({ at: "2026-11-24T05:30:00+00:00", status: "warning", report: { conditions: [CONDITION] } }),
      aReport({ name: "watch", status: "failed", report: { conditions: [CONDITION] } }),
    ],
    "bad",
    "Vigia: 1 alerta, há 12 min",
  ],
  [
    [aReport(), aReport({ name: "watch", at: "2026-11-24T08:30:00+00:00", status: "failed" })],
    "ok",
    "Vigia: tudo em ordem, há 12 min",
  ],
])("the summary of %j is %s: %s", (reports, tone, text) => {
  const summary = healthSummary(reports, NOW);
  expect([summary.tone, plain(summary.text)]).toEqual([tone, text]);
});

it("returns the findings of the watchdog's report and of a list of checks", () => {
  expect(findingsOf(aReport({ report: { conditions: [CONDITION] } }))).toEqual([
    { title: "Atrasado", lines: ["Perda.", "Há 30 h.", "Olhe."], url: "https://x.br/1", status: null },
  ]);
  const unseen = { group: "dev", status: "unknown", message: "Não verificado." };
  const checks = [
    { group: "vault", status: "ok", message: "bom" },
    unseen,
    unseen,
    { group: "vault", status: "failed", message: "Não grava.", hint: "Crie uma chave." },
    { status: "warning", message: "sem grupo" },
  ];
  expect(findingsOf(aReport({ report: { checks } }))).toEqual([
    { title: "Cofre (R2): Não grava.", lines: ["Crie uma chave."], url: null, status: "failed" },
    { title: "sem grupo", lines: [], url: null, status: "warning" },
    { title: "Banco dev: Não verificado.", lines: [], url: null, status: "unknown" },
  ]);
  expect(findingsOf(aReport({ report: { conditions: "x", other: 1 } }))).toEqual([]);
});
