import assert from "node:assert/strict";
import { settingsCheck } from "./health_checks.ts";

Deno.test("settingsCheck() names the missing recommended settings", () => {
  const none = { origins: [], suffixes: [], unreadable: [] };
  const cors = { ...none, suffixes: [".erp.example"] };
  assert.equal(settingsCheck({ hasAuditKey: true, cors, faultyDownload: [], optional: [] }).status, "ok");
  const { status, message } = settingsCheck({
    hasAuditKey: false,
    cors: none,
    faultyDownload: [],
    optional: [],
  });
  assert.equal(status, "warning");
  assert.match(message, /SUPABASE_SECRET_KEYS.*ALLOWED_ORIGINS/);
});

Deno.test("settingsCheck() names entries that the function skips", () => {
  const cors = {
    origins: ["https://erp.example"],
    suffixes: [],
    unreadable: ["ALLOWED_ORIGINS: erp.example"],
  };
  const { status, message } = settingsCheck({ hasAuditKey: true, cors, faultyDownload: [], optional: [] });
  assert.equal(status, "warning");
  assert.match(message, /ignora: ALLOWED_ORIGINS: erp\.example\./);
});

Deno.test("settingsCheck() names the settings that keep downloads off", () => {
  const cors = { origins: ["https://erp.example"], suffixes: [], unreadable: [] };
  const faultyDownload = ["R2_DOWNLOAD_ENDPOINT"];
  const { status, message } = settingsCheck({ hasAuditKey: true, cors, faultyDownload, optional: [] });
  assert.equal(status, "warning");
  assert.match(message, /desligado: faltam ou não servem R2_DOWNLOAD_ENDPOINT\./);
});
