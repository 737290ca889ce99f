import assert from "node:assert/strict";
import {
  type CheckResult,
  checkTitle,
  countVerdicts,
  DRILL_CHECK_NAMES,
  failedChecks,
  proofOf,
  type Receipt,
  receiptSchema,
  rulingOf,
  type Verdict,
} from "./receipt.ts";

const check = (name: string, verdict: Verdict): CheckResult => ({ name, verdict, detail: "d", seconds: 0.1 });
const checks = [check("stored_hash", "PASS"), check("company_reads", "SKIPPED"), check("freshness", "FAIL")];

const receipt: Receipt = {
  version: 1,
  kind: "supabase_db_drill_receipt",
  r2_key: "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz",
  sha256: "a".repeat(64),
  drilled_at_utc: "2026-01-18T05:30:00Z",
  server_version: "17.6",
  tool: { name: "revo-backups", version: "0.1.0" },
  git_sha: null,
  run: { id: "1", url: "https://github.com/o/r/actions/runs/1", attempt: 1 },
  checks,
  not_proven: [{ name: "company_reads", why: "d" }],
  seconds: { download: 1.5, load: 2 },
  total_seconds: 4,
  freshness: { newest_key: "k", newest_created_at: "2026-01-18T03:10:00Z", age_seconds: 8400 },
};

Deno.test("a receipt parses to what was written", () => {
  assert.deepEqual(receiptSchema.parse(JSON.parse(JSON.stringify(receipt))), receipt);
});

Deno.test("a receipt of another kind, version or verdict is refused", () => {
  for (const change of [{ kind: "supabase_db_backup" }, { version: 2 }, { sha256: "x" }]) {
    assert.equal(receiptSchema.safeParse({ ...receipt, ...change }).success, false);
  }
  const unknown = { ...receipt, checks: [{ ...checks[0], verdict: "OK" }] };
  assert.equal(receiptSchema.safeParse(unknown).success, false);
});

Deno.test("failed checks are named and counted in the proof", () => {
  assert.deepEqual(failedChecks(checks), ["freshness"]);
  assert.deepEqual(countVerdicts(checks), { PASS: 1, FAIL: 1, SKIPPED: 1 });
  assert.deepEqual(proofOf(receipt, "the-receipt"), {
    receipt_key: "the-receipt",
    drilled_at: "2026-01-18T05:30:00Z",
    passed: 1,
    failed: 1,
    skipped: 1,
    seconds: receipt.seconds,
    total_seconds: 4,
  });
});

Deno.test("every check has its own title; an unknown one is shown by its name", () => {
  const titles = DRILL_CHECK_NAMES.map(checkTitle);
  assert.equal(new Set(titles).size, DRILL_CHECK_NAMES.length);
  assert.equal(checkTitle("of_the_future"), "of_the_future");
  assert.equal(checkTitle("constructor"), "constructor");
});

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
