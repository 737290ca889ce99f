import { expect, it } from "vitest";
import type { PassAnswer } from "@backup/api.ts";
import { cancelSentence, githubSentence, stepName, stepState } from "./github_text.ts";

const KNOWN: Extract<PassAnswer["github"], { known: true }> = {
  known: true,
  run_id: 1,
  run_url: "https://github.example/1",
  status: "in_progress",
  conclusion: null,
  failed_step: null,
  steps: [],
};

function cancelled(cancel: PassAnswer["cancel"], github: PassAnswer["github"] = KNOWN): PassAnswer {
  return { ok: true, kind: "github", request_id: "6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11", cancel, github };
}

it("names GitHub's own steps in Portuguese and keeps the workflow's", () => {
  const name = (text: string) => stepName({ name: text, status: "queued", conclusion: null });
  expect(name("Set up job")).toBe("Preparando a máquina");
  expect(name("Run actions/checkout@08c6903")).toBe("Baixando os programas");
  expect(name("Post Run ./.github/actions/setup")).toBe("Encerrando");
  expect(name("Restaurar")).toBe("Restaurar");
});

it("tells the state of a step", () => {
  const state = (status: string, conclusion: string | null) => stepState({ name: "x", status, conclusion });
  expect([state("completed", "success"), state("completed", "neutral"), state("in_progress", null)])
    .toEqual(["feito", "neutral", "em andamento"]);
  expect(state("pending", null)).toBe("a fazer");
});

it("claims no more of a run than GitHub knows", () => {
  expect(githubSentence(KNOWN)).toBe("Em andamento no GitHub.");
  expect(githubSentence({ ...KNOWN, status: "completed", conclusion: "cancelled" }))
    .toMatch(/só se confirma quando a produção responder/);
  expect(githubSentence({ ...KNOWN, status: "completed", conclusion: "failure", failed_step: "Restaurar" }))
    .toMatch(/falhou no GitHub, em “Restaurar”/);
  expect(githubSentence({ error: "github_rate_limited" })).toMatch(/O GitHub limitou as chamadas/);
  expect(githubSentence({ known: false })).toMatch(/ainda não mostra/);
});

it("tells what became of a cancellation", () => {
  expect(cancelSentence(cancelled(null))).toBeNull();
  expect(cancelSentence(cancelled("requested"))).toMatch(/ainda está encerrando/);
  expect(cancelSentence(cancelled("requested", { ...KNOWN, status: "completed", conclusion: "cancelled" })))
    .toBe("O GitHub aceitou o cancelamento.");
  expect(cancelSentence(cancelled("ended"))).toMatch(/já tinha terminado/);
  expect(cancelSentence(cancelled("not_found", { known: false }))).toMatch(/^Nada foi cancelado/);
});
