import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import { formatFailure } from "./failure_log.ts";

Deno.test("formatFailure() keeps facts and drops secrets", () => {
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  const cause = new Error(`GET https://user:hunter2@host/x with token ghp_abcdef and Bearer ${jwt}`);
  const line = formatFailure(new BackupError("github_unclear", "github_pat_123 at host", { cause }));
  for (const secret of ["hunter2", "ghp_abcdef", "eyJzdWIi", "pat_123"]) {
    assert.ok(!line.includes(secret), `${secret} in ${line}`);
  }
  const { code, causes } = JSON.parse(line);
  assert.equal(code, "github_unclear");
  assert.equal(causes.length, 1);
  assert.match(causes[0], /host\/x/);
});
