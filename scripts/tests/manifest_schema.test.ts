/** docs/manifest.schema.json is what the code checks: `npx vitest -u -c scripts/vitest.config.ts manifest_schema` renews it. */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { z } from "zod";
import { manifestV2Schema, sealManifest } from "../../supabase/functions/_shared/backup/manifest.ts";

const FILE = new URL("../../docs/manifest.schema.json", import.meta.url);

test("the published schema is current", async () => {
  const schema = {
    title: "Manifest of a backup of Revo ERP",
    ...z.toJSONSchema(manifestV2Schema, { io: "input" }),
  };
  await expect(JSON.stringify(schema, null, 2) + "\n").toMatchFileSnapshot(FILE.pathname);
});

test("a manifest fits the published schema, and one that misses a proof does not", async () => {
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  const fits = ajv.compile(JSON.parse(await readFile(FILE, "utf8")));
  const manifest = {
    kind: "supabase_db_backup",
    target: "prod",
    mode: "full",
    created_at_utc: "2026-01-15T03:10:22Z",
    file: "supabase_prod_20260115_031022.dump.gz",
    sha256: "a".repeat(64),
    bytes: 10,
    git_sha: null,
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
  const sealed: object = JSON.parse(await sealManifest(manifest));
  expect(fits(sealed), JSON.stringify(fits.errors)).toBe(true);
  expect(fits({ ...sealed, rows: undefined })).toBe(false);
  expect(fits({ ...sealed, sha256: "short" })).toBe(false);
});
