import { expect, it } from "vitest";
import type { AuditEntry } from "../model/audit_entry.ts";
import {
  AUDIT_COLUMNS,
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
  expect(auditSentence(run)).toBe("Backup da produção: na fila");
  expect([auditReason(run), auditRunUrl(run)]).toEqual(["fechamento", "https://x.example/1"]);
  const backup = (event: string, facts: object) =>
    entry({ event, detail: { backup: { status: "uploaded", ...facts } } });
  expect(auditSentence(backup("record", {}))).toBe("Backup entrou no histórico");
  expect(auditSentence(backup("hold", { hold_until: null }))).toBe("Retenção retirada");
  expect(auditReason(backup("hold", { hold_reason: "auditoria" }))).toBe("auditoria");
  expect(auditSentence(backup("mark", { proof: { failed: 0 } }))).toBe("Backup provado num ensaio");
  expect(auditSentence(backup("mark", { proof: { failed: 2 } }))).toBe("Backup reprovado num ensaio");
  expect(auditSentence(backup("mark", { status: "deleted" }))).toBe("Backup: apagado");
  expect(auditSentence(entry({ event: "refusal", code: "busy" }))).toMatch(
    /^Pedido recusado \(Produção\): Já há/,
  );
  expect(auditSentence(entry({ event: "later" }))).toBe("later");
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
