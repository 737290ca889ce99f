import assert from "node:assert/strict";
import type { GitHubRun } from "./ports.ts";
import {
  RUN_SILENT_AFTER_MS,
  RUN_UNCONFIRMED_AFTER_MS,
  SETTLE_AFTER_SILENCE_MS,
} from "@backup/service_levels.ts";
import { decideSettlement, REPORT_GRACE_MS } from "./settlement.ts";
import { exampleRun, NOW } from "./test_fakes.ts";

function before(ms: number): string {
  return new Date(NOW.getTime() - ms).toISOString();
}

function completed(conclusion: string | null, age = REPORT_GRACE_MS): GitHubRun {
  return { id: 1, url: "https://github.example/1", status: "completed", conclusion, updatedAt: before(age) };
}

const ends: [string | null, string, string][] = [
  ["failure", "failed", "workflow_failed"],
  ["timed_out", "failed", "workflow_failed"],
  ["startup_failure", "failed", "workflow_failed"],
  ["cancelled", "cancelled", "run_cancelled"],
  ["success", "lost", "run_lost"],
  ["skipped", "lost", "run_lost"],
  [null, "lost", "run_lost"],
];

for (const [conclusion, status, code] of ends) {
  Deno.test(`decideSettlement() turns a silent ${conclusion} into ${status}`, () => {
    const end = decideSettlement(exampleRun(), completed(conclusion), "Dump", NOW);
    assert.equal(end?.status, status);
    assert.equal(end?.errorCode, code);
    if (status === "failed") assert.match(end?.errorMessage ?? "", /Dump/);
  });
}

Deno.test("decideSettlement() leaves the script time for its own report", () => {
  assert.equal(decideSettlement(exampleRun(), completed("failure", REPORT_GRACE_MS - 1), null, NOW), null);
});

Deno.test("decideSettlement() accepts GitHub's end of a running script only after the script was silent", () => {
  const reporting = (silence: number) =>
    exampleRun({ status: "running", phase: "dump", heartbeat_at: before(silence) });
  const ended = completed("failure", 3_600_000);
  assert.equal(decideSettlement(reporting(SETTLE_AFTER_SILENCE_MS), ended, null, NOW), null);
  assert.equal(decideSettlement(reporting(SETTLE_AFTER_SILENCE_MS + 1), ended, null, NOW)?.status, "failed");
});

Deno.test("decideSettlement() does not settle a run while GitHub reports it active", () => {
  const running = { ...completed(null, 3_600_000), status: "in_progress" };
  assert.equal(decideSettlement(exampleRun({ created_at: before(7_200_000) }), running, null, NOW), null);
});

Deno.test("decideSettlement() gives up an unknown run only after a long silence", () => {
  const silent = { created_at: before(RUN_UNCONFIRMED_AFTER_MS + 1) };
  assert.equal(decideSettlement(exampleRun(silent), null, null, NOW)?.status, "lost");
  assert.equal(
    decideSettlement(exampleRun({ created_at: before(RUN_UNCONFIRMED_AFTER_MS) }), null, null, NOW),
    null,
  );
  const alive = exampleRun({ ...silent, status: "running", heartbeat_at: before(1000) });
  assert.equal(decideSettlement(alive, null, null, NOW), null);
});

Deno.test("decideSettlement() gives up a silent script, whatever state GitHub reports", () => {
  const working = { ...completed(null), status: "in_progress" };
  const silent = exampleRun({
    status: "running",
    phase: "dump",
    heartbeat_at: before(RUN_SILENT_AFTER_MS + 1),
  });
  const end = decideSettlement(silent, working, null, NOW);
  assert.equal(end?.status, "lost");
  assert.match(end?.errorMessage ?? "", /last phase: dump.*in_progress/);
  const alive = { ...silent, heartbeat_at: before(RUN_SILENT_AFTER_MS) };
  assert.equal(decideSettlement(alive, working, null, NOW), null);
});
