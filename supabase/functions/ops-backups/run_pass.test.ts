import assert from "node:assert/strict";
import { RUN_PASS_VALID_MS } from "@backup/service_levels.ts";
import { createPassOffice } from "./run_pass.ts";
import { exampleRun, NOW, REQUEST_ID } from "./test_fakes.ts";

const INVALID = { code: "run_pass_invalid" };
const at = (ms: number) => () => new Date(NOW.getTime() + ms);

Deno.test("a pass contains its run and what it permits, and expires", () => {
  const run = exampleRun({ kind: "restore", github_run_id: 7 });
  const pass = createPassOffice("token", at(0)).issue(run, true);
  assert.equal(pass.expires_at, at(RUN_PASS_VALID_MS)().toISOString());
  const content = createPassOffice("token", at(RUN_PASS_VALID_MS - 1)).verify(pass.token);
  assert.deepEqual(content, {
    request_id: REQUEST_ID,
    kind: "restore",
    created_at: run.created_at,
    github_run_id: 7,
    may_cancel: true,
    expires_at: pass.expires_at,
  });
  assert.throws(() => createPassOffice("token", at(RUN_PASS_VALID_MS)).verify(pass.token), INVALID);
});

Deno.test("a pass is refused when it is changed, signed with another token, or none", () => {
  const office = createPassOffice("token", at(0));
  const { token } = office.issue(exampleRun(), false);
  const [payload = "", signature = ""] = token.split(".");
  const content = JSON.parse(atob(payload));
  const more = btoa(JSON.stringify({ ...content, may_cancel: true }));
  const bad = [
    `${more}.${signature}`,
    `${payload}.`,
    `${payload}.${signature.slice(2)}`,
    payload,
    "",
    "a.b.c",
  ];
  for (const forged of bad) assert.throws(() => office.verify(forged), INVALID, forged);
  assert.throws(() => createPassOffice("another", at(0)).verify(token), INVALID);
});
