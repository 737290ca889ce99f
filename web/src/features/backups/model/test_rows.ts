/** Complete rows for tests; a test overrides the fields that it examines. */

import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import type { Run } from "@backup/runs/run.ts";

/** A running backup of production. */
export function aRun(facts: Partial<Run> = {}): Run {
  return {
    id: crypto.randomUUID(),
    created_at: "2026-11-24T12:00:00+00:00",
    kind: "backup",
    target: "prod",
    mode: "full",
    label: null,
    r2_key: null,
    reason: null,
    status: "running",
    phase: null,
    bytes_done: null,
    bytes_expected: null,
    rows_done: null,
    requested_by: null,
    request_id: crypto.randomUUID(),
    github_run_id: null,
    run_url: null,
    attempt: null,
    plan_request_id: null,
    error_code: null,
    error_message: null,
    result: null,
    started_at: null,
    heartbeat_at: null,
    finished_at: null,
    ...facts,
  };
}

/** A plan of a restore into dev that would change nothing. */
export function aPlan(facts: Partial<PlannedRestore> = {}): PlannedRestore {
  return {
    target: "dev",
    backup: {
      key: "revo/prod/2026/11/24/supabase_prod_20261124_031022.dump.gz",
      createdAt: "2026-11-24T03:10:22Z",
      mode: "full",
      bytes: 12_000_000,
      serverVersion: "17.6",
      proofs: "complete",
      unknown: [],
    },
    server: { version: "17.6", databaseBytes: 90_000_000 },
    tables: { total: 0, different: 0, backupRows: 0, targetRows: 0, listed: [] },
    differences: { total: 0, listed: [] },
    onlyInTarget: { total: 0, listed: [] },
    extensions: [],
    missingRoles: [],
    stays: { total: 0, listed: [] },
    keepsTargetPrivileges: false,
    sessions: { total: 0, listed: [] },
    duration: { seconds: null, measured: 0 },
    obstacles: [],
    ...facts,
  };
}

/** A full scheduled backup of production without a drill. */
export function aBackup(facts: Partial<BackupRow> = {}): BackupRow {
  return {
    id: crypto.randomUUID(),
    created_at: "2026-11-24T03:10:22+00:00",
    target: "prod",
    mode: "full",
    r2_bucket: "cofre",
    r2_key: "revo/prod/2026/11/24/supabase_prod_20261124_031022.dump.gz",
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
    requested_by: "schedule",
    run_url: null,
    verified_at: null,
    proven_at: null,
    origin: "schedule",
    hold_until: null,
    hold_reason: null,
    held_by: null,
    proof: null,
    signed_by: null,
    is_unsigned: false,
    ...facts,
  };
}
