import { describe, expect, it } from "vitest";
import type { BackupDay } from "../data/list_days.ts";
import { dayState, dayStory } from "./day_strip.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const CONTEXT = { today: "2026-11-24", overdue: false, firstDay: "2026-11-01" };

function aDay(facts: Partial<BackupDay> = {}): BackupDay {
  return {
    day: "2026-11-20",
    made: 0,
    failed: 0,
    proven: 0,
    running: 0,
    drills: 0,
    restores: 0,
    last_bytes: null,
    last_rows: null,
    last_at: null,
    ...facts,
  };
}

describe("a day counts as", () => {
  it.each([
    ["running", { made: 1, proven: 1, running: 1 }, {}],
    ["proven", { made: 2, proven: 1, failed: 1 }, {}],
    ["made", { made: 1, failed: 3 }, {}],
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

describe("a day's story", () => {
  const story = (facts: Partial<BackupDay>) =>
    dayStory(aDay(facts), dayState(aDay(facts), CONTEXT)).map(plain);

  it("tells the backup, its proof and what else happened", () => {
    const at = new Date(2026, 10, 20, 0, 10).toISOString();
    expect(
      story({
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

  it("counts when there were several", () => {
    expect(story({ made: 3, proven: 2, failed: 2 })).toEqual([
      "3 backups feitos.",
      "2 de 3 provados em ensaio de restauração.",
      "2 tentativas de backup falharam.",
    ]);
  });

  it("never says nothing, and never takes a missing backup for nothing", () => {
    expect(story({})).toEqual([
      "Nenhum backup neste dia: o agendamento não rodou, ou não chegou ao catálogo.",
    ]);
    expect(story({ day: "2026-11-24" })).toEqual(["Ainda não chegou a hora do backup de hoje."]);
    expect(story({ day: "2026-10-01" })).toEqual(["Ainda não havia backups."]);
  });
});
