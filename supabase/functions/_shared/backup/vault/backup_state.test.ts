import assert from "node:assert/strict";
import { backupState, isRejected } from "./backup_state.ts";

const AT = "2026-01-18T05:30:00Z";

Deno.test("the state of a backup is that of its newest ruling; a rejection outweighs the check after the upload", () => {
  const verified = { is_unsigned: false, proof: null, proven_at: null, verified_at: AT };
  assert.equal(backupState({ ...verified, verified_at: null }), "unproven");
  assert.equal(backupState(verified), "verified");
  assert.equal(backupState({ ...verified, proven_at: AT, proof: { failed: 0 } }), "proven");
  assert.equal(backupState({ ...verified, proof: { failed: 2 } }), "rejected");
  assert.equal(isRejected({ proof: null }), false);
  assert.equal(backupState({ ...verified, proven_at: AT, is_unsigned: true }), "unsigned");
});
