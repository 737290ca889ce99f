import { describe, expect, it } from "vitest";
import type { BackupDay } from "./backup_day.ts";
import { dayState, describeDay } from "./day_strip.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const CONTEXT = { today: "2026-11-24", overdue: false, firstDay: "2026-11-01" };

function aDay(facts: Partial<BackupDay> = {}): BackupDay {
  return {
    day: "2026-11-20",
    made: 0,
    failed: 0,
    proven: 0,
    running: 0,
    rejected: 0,
    drills: 0,
    restores: 0,
    last_bytes: null,
    last_rows: null,
    last_at: null,
    ...facts,
  };
}

describe("the state of a day", () => {
  it.each([
    ["running", { made: 1, proven: 1, running: 1 }, {}],
    ["proven", { made: 2, proven: 1, failed: 1 }, {}],
    ["made", { made: 1, failed: 3 }, {}],
    ["made", { made: 2, rejected: 1 }, {}],
    ["rejected", { made: 1, rejected: 1, failed: 1 }, {}],
    ["failed", { failed: 1 }, {}],
    ["overdue", {}, {}],
    ["before", { day: "2026-10-31" }, {}],
    ["before", {}, { firstDay: null }],
    ["unknown", {}, { firstDay: undefined }],
    ["made", { made: 1 }, { firstDay: undefined }],
    ["waiting", { day: "2026-11-24" }, {}],
    ["overdue", { day: "2026-11-24" }, { overdue: true }],
  ])("%s with %j, %j", (state, facts, context) => {
    expect(dayState(aDay(facts), { ...CONTEXT, ...context })).toBe(state);
  });
});

describe("a day's description", () => {
  const events = (facts: Partial<BackupDay>) =>
    describeDay(aDay(facts), dayState(aDay(facts), CONTEXT)).map(plain);

  it("has the backup, its proof and the other events", () => {
    const at = new Date(2026, 10, 20, 0, 10).toISOString();
    expect(
      events({
        made: 1,
        proven: 1,
        drills: 1,
        restores: 2,
        last_bytes: 8_750_000,
        last_rows: 1234,
        last_at: at,
      }),
    ).toEqual([
      "1 backup feito: às 00:10, 8,75 MB, 1.234 registros.",
      "Provado num ensaio de restauração.",
      "1 ensaio de restauração.",
      "2 restaurações na produção.",
    ]);
  });

  it("has counts when there were several", () => {
    expect(events({ made: 3, proven: 2, failed: 2 })).toEqual([
      "3 backups feitos.",
      "2 de 3 provados em ensaio de restauração.",
      "2 tentativas de backup falharam.",
    ]);
  });

  it("says that a rejected backup does not protect", () => {
    expect(events({ made: 1, rejected: 1 })).toEqual([
      "1 backup feito.",
      "Reprovado em ensaio: não protege.",
    ]);
    expect(events({ made: 3, rejected: 2 })[1]).toBe("2 de 3 reprovados em ensaio: não protegem.");
  });

  it("is never empty, and mentions a missing backup", () => {
    expect(events({})).toEqual([
      "Nenhum backup neste dia: o agendamento não rodou, ou não chegou ao histórico.",
    ]);
    expect(events({ day: "2026-11-24" })).toEqual(["Ainda não chegou a hora do backup de hoje."]);
    expect(events({ day: "2026-10-01" })).toEqual(["Ainda não havia backups."]);
  });
});
