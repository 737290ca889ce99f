import { describe, expect, it } from "vitest";
import { describeResult, progressOf, reservationOf, runDuration, safetyKeyOf } from "./run_result.ts";
import { remarksOf } from "./run_remarks.ts";
import { aRun as run } from "./test_rows.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("describeResult", () => {
  it("has a backup's numbers", () => {
    const result = { tables_total: 148, rows_total: 1, bytes: 2_000_000 };
    expect(describeResult(run({ result })).map(plain)).toEqual([
      "148 tabelas",
      "1 registro",
      "2 MB no cofre",
    ]);
  });

  it("has what a restore compared, and omits what it could not compare", () => {
    const result = { tables: 2, rows: 0, sequences: 1, areas: 9 };
    expect(describeResult(run({ result }))).toEqual([
      "2 tabelas",
      "0 registros",
      "1 sequência igual",
      "estrutura e permissões iguais",
    ]);
    expect(describeResult(run({ result: { tables: 2, sequences: null, areas: null } }))).toEqual([
      "2 tabelas",
    ]);
  });

  it("says what is off in a copy of production", () => {
    const change = { object: "trigger public.pedidos webhook", done: "desligado" };
    expect(describeResult(run({ result: { quarantined: [change] } }))).toEqual(["1 item desligado na cópia"]);
    expect(describeResult(run({ result: { quarantined: [] } }))).toEqual(["nada a desligar na cópia"]);
    expect(describeResult(run({ result: { quarantined: null } }))).toEqual([]);
  });

  it("names what a restore without privileges leaves closed, as a reservation", () => {
    expect(reservationOf(run({ result: { closed: ["table public.a", "routine public.f()"] } }))).toBe(
      "concluída com ressalvas, 2 objetos sem permissões",
    );
    expect(reservationOf(run({ result: { closed: null } }))).toBeNull();
    expect(reservationOf(run({ result: null }))).toBeNull();
  });

  it("lists what a restore did not bring back, each once, and claims no equality for a salvage", () => {
    const loss = "CREATE VIEW public.a: relation x does not exist";
    const other = "view bi.b of bi depended on the old content and went with it";
    const warnings = [other, `SALVAGED, not as it was: ${loss}`];
    const salvage = run({ kind: "restore", result: { tables: 2, areas: 3, salvaged: [loss], warnings } });
    expect(remarksOf(salvage)).toEqual({ losses: [loss], warnings: [other] });
    expect(reservationOf(salvage)).toBe("recuperada com perdas, 1 item que não voltou como era");
    expect(describeResult(salvage)).toEqual(["2 tabelas"]);
    const none = { losses: [], warnings: [] };
    expect(remarksOf(run({ kind: "restore", result: { salvaged: null, warnings: [other] } })))
      .toEqual({ ...none, warnings: [other] });
    expect(remarksOf(run({ kind: "backup", result: { warnings } }))).toEqual(none);
    const whole = run({ kind: "restore", result: { salvaged: [], warnings: [] } });
    expect([remarksOf(whole), reservationOf(whole)])
      .toEqual([none, "recuperada em emergência, sem perda conhecida"]);
  });

  it("ignores a result of unknown shape", () => {
    expect(describeResult(run({ result: { tables: "many", bytes: -1 } }))).toEqual([]);
    expect(describeResult(run({ result: null }))).toEqual([]);
    expect(safetyKeyOf(run({ result: { safety_key: 7 } }))).toBeNull();
  });
});

describe("progressOf", () => {
  it("has a percentage only where the total is known", () => {
    const dump = { phase: "dump", bytes_done: 500_000, bytes_expected: 1_000_000 };
    expect(progressOf(run(dump))).toMatchObject({ percent: 50 });
    expect(progressOf(run({ ...dump, bytes_expected: null }))).toMatchObject({ percent: null });
    expect(progressOf(run({ ...dump, status: "queued" }))).toBeNull();
  });

  it("has no percentage of a guess that the backup exceeds", () => {
    const dump = { phase: "dump", bytes_done: 34_900_000, bytes_expected: 31_900_000 };
    expect(progressOf(run(dump))).toEqual({
      text: "34,9\u00a0MB, mais que os 31,9\u00a0MB do anterior",
      percent: null,
    });
  });

  it("has rows beside bytes, and rows alone where no bytes are counted", () => {
    expect(progressOf(run({ phase: "load", rows_done: 1_234 }))).toEqual({
      text: "1.234 registros",
      percent: null,
    });
    const dump = { phase: "dump", bytes_done: 500_000, bytes_expected: null, rows_done: 1 };
    expect(progressOf(run(dump))?.text).toMatch(/^500\skB · 1 registro$/);
  });

  it("has the tables and indexes of a restore while it makes them beside the living content", () => {
    const objects = { tables: { done: 12, expected: 12 }, indexes: { done: 1_030, expected: 2_000 } };
    const build = { phase: "build", rows_done: 7, result: { objects } };
    expect(progressOf(run(build))).toEqual({
      text: "7 registros · 12 de 12 tabelas · 1.030 de 2.000 chaves e índices",
      percent: null,
    });
    expect(progressOf(run({ ...build, phase: "check" }))?.text).toBe("7 registros");
  });
});

it("measures a run from its start, not from its request", () => {
  const times = { started_at: "2026-11-24T12:00:10+00:00", finished_at: "2026-11-24 12:00:40+00:00" };
  expect(runDuration(run(times))).toBe(30_000);
  expect(runDuration(run({ finished_at: times.finished_at }))).toBeNull();
});
