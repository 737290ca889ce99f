import { expect, it } from "vitest";
import type { AuditEntry } from "../model/audit_entry.ts";
import {
  AUDIT_COLUMNS,
  AUDIT_EVENTS,
  auditActor,
  auditCells,
  auditReason,
  auditRunUrl,
  auditSentence,
} from "./audit_text.ts";

function entry(facts: Partial<AuditEntry>): AuditEntry {
  return {
    ...{
      chain_id: "6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11",
      seq: 1,
      at: "2026-11-24T03:10:00+00:00",
      event: "run",
    },
    ...{ actor: null, actor_id: null, target: "prod", request_id: null, r2_key: null, code: null },
    ...{ detail: null, hash: "a".repeat(64) },
    ...facts,
  };
}

const RUN = {
  kind: "backup",
  target: "prod",
  status: "queued",
  reason: "fechamento",
  run_url: "https://x.example/1",
};

it("tells each event as a sentence, with its reason and its run", () => {
  const run = entry({ detail: { run: RUN } });
  expect(auditSentence(run)).toBe("O backup da produção está na fila");
  expect([auditReason(run), auditRunUrl(run)]).toEqual(["fechamento", "https://x.example/1"]);
  const taken = entry({ event: "download", detail: { reason: "cópia para o auditor", bytes: 7 } });
  expect([auditSentence(taken), auditReason(taken)]).toEqual([
    "Pedido de download aceito",
    "cópia para o auditor",
  ]);
  const look = (personal_columns: string) =>
    entry({ event: "look", detail: { personal_columns, reason: null } });
  expect(["covered", "shown"].map((columns) => auditSentence(look(columns)))).toEqual([
    "Conteúdo do backup consultado, sem os dados pessoais",
    "Conteúdo do backup consultado, com os dados pessoais",
  ]);
  const take = (step: string) => entry({ event: "take", detail: { step, reason: "engano" } });
  expect(["reviewed", "done", "later"].map((step) => auditSentence(take(step)))).toEqual([
    "Revisão de linhas a trazer de volta; nada foi alterado",
    "Linhas trazidas de volta",
    "take",
  ]);
  expect(auditReason(take("done"))).toBe("engano");
  const backup = (event: string, facts: object) =>
    entry({ event, detail: { backup: { status: "uploaded", ...facts } } });
  expect(auditSentence(backup("record", {}))).toBe("Backup entrou no histórico");
  expect(auditSentence(backup("hold", { hold_until: null }))).toBe("Retenção retirada");
  expect(auditReason(backup("hold", { hold_reason: "auditoria" }))).toBe("auditoria");
  expect(auditSentence(backup("mark", { proof: { failed: 0 } }))).toBe("Backup provado num ensaio");
  expect(auditSentence(backup("mark", { proof: { failed: 2 } }))).toBe("Backup reprovado num ensaio");
  expect(auditSentence(backup("mark", { status: "deleted" }))).toBe("Backup apagado do cofre");
  expect(auditSentence(entry({ event: "refusal", code: "busy" }))).toMatch(
    /^Pedido recusado \(Produção\): Já há/,
  );
  expect(auditSentence(entry({ event: "later" }))).toBe("later");
});

it("tells approvals, restores without a request and changed rules, in the filter too", () => {
  const approval = (code: string) =>
    entry({ event: "approval", code, detail: { approval: { reason: "erro" } } });
  expect(["requested", "approved", "denied", "used"].map((code) => auditSentence(approval(code)))).toEqual([
    "A restauração da produção espera a aprovação de outra pessoa",
    "A restauração da produção foi aprovada por outra pessoa",
    "A restauração da produção foi recusada por outra pessoa",
    "A restauração da produção começou, com a aprovação",
  ]);
  expect(auditReason(approval("denied"))).toBe("erro");
  const forced = entry({
    event: "break_glass",
    detail: { reason: "tela fora", run_url: "https://x.example/2" },
  });
  expect(auditSentence(forced)).toContain("REVO_BREAK_GLASS");
  expect([auditReason(forced), auditRunUrl(forced)]).toEqual(["tela fora", "https://x.example/2"]);
  expect(auditSentence(entry({ detail: { run: { ...RUN, break_glass: true } } }))).toContain(
    "REVO_BREAK_GLASS",
  );
  expect(
    auditSentence(
      entry({ event: "setting", code: "restore_approval", detail: { old: null, new: "two-person" } }),
    ),
  )
    .toBe("A regra “restauração da produção aprovada por outra pessoa” mudou de padrão para sim");
  expect(AUDIT_EVENTS.map(([event]) => event)).toEqual(
    expect.arrayContaining(["approval", "break_glass", "setting"]),
  );
});

it("names programs, and says when no user was identified", () => {
  expect(auditActor({ actor: "rebuild" })).toBe("Reconstrução do histórico");
  expect(auditActor({ actor: "ana@revo.example" })).toBe("ana@revo.example");
  expect(auditActor({ actor: null })).toBe("Não identificado");
});

it("follows no address of another scheme", () => {
  expect(auditRunUrl(entry({ detail: { run: { ...RUN, run_url: "javascript:alert(1)" } } }))).toBeNull();
});

it("has a cell for each column of an export", () => {
  expect(auditCells(entry({}))).toHaveLength(AUDIT_COLUMNS.length);
});
