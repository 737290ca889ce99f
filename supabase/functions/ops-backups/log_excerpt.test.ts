import assert from "node:assert/strict";
import { EXCERPT_LINES, excerptOf } from "./log_excerpt.ts";

const at = (line: string) => `2026-11-24T03:10:22.1234567Z ${line}`;
const LOG = [
  "##[group]Run ./.github/actions/setup",
  "##[endgroup]",
  "PostgreSQL: pg_dump 17.6",
  "##[group]Run exec bash scripts/run_task.sh backup",
  "env:",
  "  R2_BUCKET: ***",
  "##[endgroup]",
  "[   0.3 s] \x1b[32mconnect\x1b[0m",
  "PLAN_JSON={}",
  "",
  "Cannot connect to the database: timeout expired",
  "##[error]Cannot connect to the database: timeout expired",
  "##[error]Process completed with exit code 1.",
  "##[group]Run actions/upload",
  "##[endgroup]",
  "Cleaning up orphan processes",
];

Deno.test("excerptOf() ends with the failed step's error, without its inputs", () => {
  const lines = [
    "[   0.3 s] connect",
    "Cannot connect to the database: timeout expired",
    "Process completed with exit code 1.",
  ];
  const log = LOG.map(at).join("\r\n");
  assert.deepEqual(excerptOf(log, null), { lines, has_error: true });
  // a later step failed, too
  const later = `${log}\r\n2026-11-24T03:10:24.1Z ##[error]Cannot upload the summary`;
  for (const endedAt of ["2026-11-24T03:10:22Z", "2026-11-23T19:10:22.000-08:00"]) {
    assert.deepEqual(excerptOf(later, endedAt), { lines, has_error: true });
  }
  assert.deepEqual(excerptOf(later, "2026-11-24T03:10:24Z").lines, [
    "Cleaning up orphan processes",
    "Cannot upload the summary",
  ]);
});

Deno.test("excerptOf() returns the last lines, cut, of a log without an error or with a long step", () => {
  const lines = Array.from({ length: 90 }, (_, index) => `line ${index} ${"x".repeat(900)}`);
  const { lines: excerpt, has_error } = excerptOf(lines.map(at).join("\n"), "2026-11-24T03:10:22Z");
  assert.equal(has_error, false);
  assert.equal(excerpt.length, EXCERPT_LINES);
  assert.match(excerpt.at(-1) ?? "", /^line 89 /);
  assert.ok(excerpt.every((line) => line.length <= 400));
  assert.deepEqual(excerptOf("", null), { lines: [], has_error: false });
});
