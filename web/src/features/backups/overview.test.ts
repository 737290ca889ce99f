import { describe, expect, it } from "vitest";
import type { BackupRow } from "../../../../supabase/functions/_shared/backup/catalog.ts";
import { assessTarget, OVERDUE_AFTER_MS } from "./overview.ts";

const NOW = new Date("2026-11-24T12:00:00Z");

function row(ageHours: number, facts: Partial<BackupRow> = {}): BackupRow {
  return {
    id: crypto.randomUUID(),
    created_at: new Date(NOW.getTime() - ageHours * 3_600_000).toISOString(),
    target: "prod",
    mode: "full",
    r2_bucket: "b",
    r2_key: "k",
    sha256: null,
    bytes: null,
    git_sha: null,
    status: "uploaded",
    kind: null,
    label: null,
    raw_bytes: null,
    tables_total: null,
    rows_total: null,
    duration_ms: null,
    server_version: null,
    requested_by: null,
    run_url: null,
    verified_at: null,
    proven_at: null,
    ...facts,
  };
}

describe("assessTarget", () => {
  it("finds nothing in an empty history", () => {
    expect(assessTarget([], NOW)).toEqual({ state: "none" });
  });

  it("does not count what is not in the vault", () => {
    expect(assessTarget([row(1, { status: "failed" }), row(2, { status: "deleted" })], NOW)).toEqual({
      state: "none",
    });
  });

  it("takes the newest that is there, restored ones too", () => {
    const kept = row(3, { status: "restored" });
    expect(assessTarget([row(1, { status: "failed" }), kept, row(9)], NOW)).toMatchObject({
      state: "current",
      newest: kept,
      proven: null,
    });
  });

  it("tells the newest proven one apart from the newest", () => {
    const proven = row(30, { proven_at: NOW.toISOString() });
    const overview = assessTarget([row(2), proven, row(60, { proven_at: NOW.toISOString() })], NOW);
    expect(overview).toMatchObject({ state: "current", proven });
  });

  it("is overdue only after the daily backup and its grace", () => {
    const hours = OVERDUE_AFTER_MS / 3_600_000;
    expect(assessTarget([row(hours)], NOW).state).toBe("current");
    expect(assessTarget([row(hours + 0.01)], NOW).state).toBe("overdue");
  });
});
