/** A manifest of each kind, for tests. */
import type { Manifest } from "./manifest.ts";

export const oldManifest = {
  kind: "supabase_db_backup",
  target: "prod",
  mode: "full",
  created_at_utc: "2026-01-15T03:10:22Z",
  file: "supabase_prod_20260115_031022.dump.gz",
  sha256: "a".repeat(64),
  bytes: 10,
  git_sha: "abc",
} as const;

export const exampleManifest: Manifest = {
  ...oldManifest,
  version: 2,
  tool: { name: "revo-backups", version: "0.1.0" },
  label: null,
  raw_bytes: 20,
  compression: "igzip -1",
  duration_ms: 5,
  server_version: "17.6",
  client_version: "17.6",
  source: { host: "h", database: "postgres", project_ref: null },
  requested_by: "schedule",
  request_id: "00000000-0000-4000-8000-000000000000",
  run: null,
  rows: { "public.pedidos": 3 },
  tables_total: 1,
  rows_total: 3,
  sequences: { "public.pedidos_id_seq": { last_value: "9223372036854775807", is_called: true } },
  platform_sequences: {},
  extensions: [],
  roles: ["anon"],
  toc: { TABLE: 1 },
  fingerprint: { public: "b".repeat(64) },
  measures: [{
    name: "pedidos",
    sql_sha256: "c".repeat(64),
    n: 37,
    sum: "48210.00",
    newest: "2026-01-15T02:58:00+00:00",
    companies: [{ company: null, n: 37, sum: "48210.00", newest: null }],
  }],
};
