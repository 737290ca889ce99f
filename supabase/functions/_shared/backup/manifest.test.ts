import assert from "node:assert/strict";
import { BackupError } from "./errors.ts";
import { formatManifest, isProving, type Manifest, parseManifest } from "./manifest.ts";

const old = {
  kind: "supabase_db_backup",
  target: "prod",
  mode: "full",
  created_at_utc: "2026-01-15T03:10:22Z",
  file: "supabase_prod_20260115_031022.dump.gz",
  sha256: "a".repeat(64),
  bytes: 10,
  git_sha: "abc",
} as const;

const current: Manifest = {
  ...old,
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
};

Deno.test("a manifest reads back as it was written", () => {
  assert.deepEqual(parseManifest(formatManifest(current)), current);
});

Deno.test("an old manifest is accepted as what it is, with fewer proofs", () => {
  const manifest = parseManifest(JSON.stringify(old));
  assert.equal(isProving(manifest), false);
  assert.equal(manifest.sha256, old.sha256);
});

function code(text: string): string {
  try {
    parseManifest(text);
    return "accepted";
  } catch (error) {
    return error instanceof BackupError ? `${error.code}: ${error.message}` : String(error);
  }
}

Deno.test("a newer version is refused by its number", () => {
  assert.match(code(JSON.stringify({ ...current, version: 3 })), /^manifest_too_new: .*version 3/);
});

Deno.test("what is wrong is named", () => {
  assert.match(code("{"), /^manifest_invalid: .*not JSON/);
  assert.match(code("null"), /^manifest_invalid/);
  assert.match(code(JSON.stringify({ ...old, sha256: "x" })), /^manifest_invalid: .*sha256/);
  assert.match(code(JSON.stringify({ ...current, rows: { a: -1 } })), /^manifest_invalid: .*rows\.a/);
  assert.match(code(JSON.stringify({ ...current, version: "2" })), /^manifest_invalid: .*version/);
});
