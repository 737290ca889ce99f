import assert from "node:assert/strict";
import { backupState, isRejected, rulingOf } from "./backup_state.ts";
import type { Verdict } from "./receipt.ts";

const check = (name: string, verdict: Verdict) => ({ name, verdict, detail: "d", seconds: 0 });
const AT = "2026-01-18T05:30:00Z";

Deno.test("a drill proves or rejects its backup, or says nothing of it", () => {
  const passed = [check("restored", "PASS"), check("company_reads", "SKIPPED")];
  assert.equal(rulingOf(passed), "proven");
  assert.equal(rulingOf([...passed, check("rows_per_table", "FAIL")]), "rejected");
  // an old newest backup is a fact about the schedule, a server that lacks something is one about the drill
  assert.equal(rulingOf([...passed, check("freshness", "FAIL")]), null);
  assert.equal(rulingOf([check("restored", "SKIPPED")]), null);
  assert.equal(rulingOf([check("restored", "SKIPPED"), check("freshness", "FAIL")]), null);
  assert.equal(rulingOf([check("restored", "SKIPPED"), check("manifest", "FAIL")]), "rejected");
});

Deno.test("the state of a backup is that of its newest ruling; a rejection outweighs the check after the upload", () => {
  const verified = { proof: null, proven_at: null, verified_at: AT };
  assert.equal(backupState({ ...verified, verified_at: null }), "unproven");
  assert.equal(backupState(verified), "verified");
  assert.equal(backupState({ ...verified, proven_at: AT, proof: { failed: 0 } }), "proven");
  assert.equal(backupState({ ...verified, proof: { failed: 2 } }), "rejected");
  assert.equal(isRejected({ proof: null }), false);
});
