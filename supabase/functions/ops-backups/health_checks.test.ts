import assert from "node:assert/strict";
import { settingsCheck } from "./health_checks.ts";

Deno.test("settingsCheck() names the missing recommended settings", () => {
  assert.equal(settingsCheck({ hasAuditKey: true, origins: 1, optional: [] }).status, "ok");
  const { status, message } = settingsCheck({ hasAuditKey: false, origins: 0, optional: [] });
  assert.equal(status, "warning");
  assert.match(message, /SUPABASE_SECRET_KEYS.*ALLOWED_ORIGINS/);
});
