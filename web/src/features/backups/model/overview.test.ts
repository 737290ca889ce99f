import { describe, expect, it } from "vitest";
import { type OverviewFacts, overviewSchema } from "./overview_facts.ts";
import {
  BACKUP_LONG_OVERDUE_AFTER_MS,
  BACKUP_OVERDUE_AFTER_MS,
  PROOF_OVERDUE_AFTER_MS,
} from "@backup/service_levels.ts";
import { assessSafety, databaseNow } from "./overview.ts";
import { safetyParts } from "../text/overview_text.ts";
import { problemText } from "../text/problem_text.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const HOUR = 3_600_000;
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString();

function backup(ageMs: number, provenAgoMs: number | null = null) {
  return {
    id: crypto.randomUUID(),
    created_at: ago(ageMs),
    r2_key: "k",
    bytes: 1,
    rows_total: 1,
    label: null,
    origin: "schedule",
    proven_at: provenAgoMs === null ? null : ago(provenAgoMs),
  } as const;
}

/** A fresh backup, a proof of another backup two days ago, a measured restore. */
function facts(change: Partial<OverviewFacts> = {}): OverviewFacts {
  return {
    newest: backup(6 * HOUR + 12 * 60_000),
    rejected: [],
    newest_proven: backup(54 * HOUR, 48 * HOUR),
    rto: { p50_ms: 9 * 60_000, p90_ms: 14 * 60_000, samples: 8 },
    last_drill: null,
    last_failed: null,
    active: 0,
    scheduled: [],
    time: NOW.toISOString(),
    ...change,
  };
}

const problemsOf = (change: Partial<OverviewFacts>) => assessSafety(facts(change), NOW).problems;

describe("without problems", () => {
  const safety = assessSafety(facts(), NOW);

  it("states the loss, the duration of a restore, and the proof", () => {
    expect(safety).toMatchObject({ tone: "ok", problems: [] });
    expect(safetyParts(safety, NOW).map(plain)).toEqual([
      "perda de até 6 h 12 min",
      "volta em cerca de 9 min",
      "provado há 2 dias",
    ]);
    expect(plain(safetyParts({ ...safety, backMs: 300 }, NOW)[1] ?? "")).toBe("volta em cerca de 1 s");
  });

  it("also states the loss of the newest proven backup, unless that is the newest", () => {
    expect(safety.provenLossMs).toBe(54 * HOUR);
    const newest = backup(HOUR, HOUR / 2);
    expect(assessSafety(facts({ newest, newest_proven: newest }), NOW).provenLossMs).toBeNull();
  });
});

describe("a problem", () => {
  it.each([
    [BACKUP_OVERDUE_AFTER_MS, [], "ok"],
    [BACKUP_OVERDUE_AFTER_MS + 1, ["overdue"], "warn"],
    [BACKUP_LONG_OVERDUE_AFTER_MS, ["overdue"], "warn"],
    [BACKUP_LONG_OVERDUE_AFTER_MS + 1, ["long_overdue"], "bad"],
  ])("of age %d ms is %j", (age, problems, tone) => {
    const safety = assessSafety(facts({ newest: backup(age) }), NOW);
    expect([safety.problems, safety.tone]).toEqual([problems, tone]);
  });

  it.each([
    [PROOF_OVERDUE_AFTER_MS, []],
    [PROOF_OVERDUE_AFTER_MS + 1, ["proof_overdue"]],
  ])("of a proof %d ms old is %j", (age, problems) => {
    expect(problemsOf({ newest_proven: backup(age, age) })).toEqual(problems);
  });

  it("is an empty vault, which hides the other problems", () => {
    const safety = assessSafety(facts({ newest: null, newest_proven: null, rto: null }), NOW);
    expect(safety).toMatchObject({ tone: "bad", problems: ["no_backup"], lossMs: null });
    expect(safetyParts(safety, NOW)).toEqual(["tudo estaria perdido"]);
  });

  it("is a missing fact, named in the sentence", () => {
    const safety = assessSafety(facts({ newest_proven: null, rto: null }), NOW);
    expect(safety).toMatchObject({ tone: "warn", problems: ["never_proven", "never_measured"] });
    expect(safetyParts(safety, NOW).slice(1)).toEqual(["tempo de volta ainda não medido", "nunca provado"]);
  });

  it("is a later failed attempt, with its cause", () => {
    const last_failed = {
      kind: "backup",
      status: "failed",
      finished_at: ago(HOUR),
      error_code: "database_unreachable",
      request_id: crypto.randomUUID(),
    } as const;
    const failed = facts({ last_failed });
    expect(assessSafety(failed, NOW)).toMatchObject({ tone: "warn", problems: ["last_failed"] });
    expect(problemText("last_failed", failed, NOW).what).toContain(
      "Não foi possível conectar ao banco de dados.",
    );
    const lost = facts({ last_failed: { ...last_failed, status: "lost", error_code: null } });
    expect(problemText("last_failed", lost, NOW).what).toContain("dada como perdida");
  });
});

describe("a rejected backup", () => {
  const rejected = (ageMs: number, status: "uploaded" | "deleted" = "uploaded") => (
    { id: crypto.randomUUID(), created_at: ago(ageMs), r2_key: "r", status, drilled_at: ago(HOUR) } as const
  );

  it("that is the newest puts production at risk, and the loss is that of the newest that counts", () => {
    const worst = facts({ newest: backup(30 * HOUR), rejected: [rejected(2 * HOUR)] });
    const safety = assessSafety(worst, NOW);
    expect(safety).toMatchObject({
      tone: "bad",
      problems: ["overdue", "newest_rejected"],
      lossMs: 30 * HOUR,
    });
    expect(problemText("newest_rejected", worst, NOW).what).toMatch(
      /de \d\d\/11\/2026 .* foi reprovado num ensaio/,
    );
  });

  it("that is not the newest, or was deleted, is no problem", () => {
    expect(problemsOf({ rejected: [rejected(24 * HOUR)] })).toEqual([]);
    expect(problemsOf({ rejected: [rejected(HOUR, "deleted")] })).toEqual([]);
  });

  it("alone is no backup, and the text says so", () => {
    const only = facts({ newest: null, newest_proven: null, rejected: [rejected(HOUR)] });
    expect(assessSafety(only, NOW).problems).toEqual(["no_backup", "newest_rejected"]);
    expect(problemText("no_backup", only, NOW).what).toContain("foram reprovados");
  });

  it("is remembered while no later drill passes", () => {
    const last_drill = {
      ...{
        request_id: crypto.randomUUID(),
        status: "failed",
        error_code: "drill_failed",
        r2_key: "r",
      } as const,
      finished_at: ago(HOUR),
    };
    expect(problemsOf({ last_drill })).toEqual(["drill_failed"]);
    expect(problemsOf({ last_drill, newest_proven: backup(3 * HOUR, HOUR / 2) })).toEqual([]);
    expect(problemsOf({ last_drill: { ...last_drill, error_code: "vault_unreachable" } })).toEqual([]);
  });
});

it("computes ages from the database's clock, not from the browser's", () => {
  const readAt = Date.parse("2031-01-01T00:00:00Z");
  expect(databaseNow(facts(), readAt, new Date(readAt + HOUR))).toEqual(new Date(NOW.getTime() + HOUR));
});

it("the overview understands every id that PostgreSQL stores", () => {
  const id = "d41d8cd9-8f00-b204-e980-0998ecf8427e"; // of no version of RFC 9562
  const rejected = [{ id, created_at: ago(0), r2_key: "k", status: "uploaded", drilled_at: null }] as const;
  const all = facts({ newest: { ...backup(0), id }, rejected: [...rejected] });
  expect(overviewSchema.parse(all)).toEqual(all);
});
