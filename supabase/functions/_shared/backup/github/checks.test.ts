import assert from "node:assert/strict";
import type { HealthCheck } from "../api.ts";
import { days, START_LATE_AFTER_MS, TOKEN_EXPIRES_NOW_MS, TOKEN_EXPIRES_SOON_MS } from "../service_levels.ts";
import { scheduleCheck, secretsCheck, tokenCheck, tokenExpiryCheck, workflowCheck } from "./checks.ts";
import { type FailureCode, type Result } from "../result.ts";
import type { ScheduledRun, WorkflowFact } from "./facts.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const FILE = "db-backup.yml";
const DAILY = "10 3 * * *";
const OLD = new Date("2026-01-01T00:00:00Z");
const ok = <T>(value: T): Result<T, FailureCode> => ({ ok: true, value });
const failed = (
  code: "github_forbidden" | "github_bad_token" | "github_error",
) => ({ ok: false, code } as const);
const active: WorkflowFact = { file: FILE, state: "active", since: OLD };

function started(at: string, changes: Partial<ScheduledRun> = {}): Result<ScheduledRun, FailureCode> {
  return ok({
    createdAt: new Date(at),
    url: "https://x/1",
    status: "completed",
    conclusion: "success",
    ...changes,
  });
}

function schedule(run: Result<ScheduledRun | null, FailureCode>, now = NOW, since = OLD): HealthCheck {
  return scheduleCheck({ file: FILE, cron: DAILY, run, workflows: ok([{ ...active, since }]), now });
}

const schedules: [string, HealthCheck, HealthCheck["status"]][] = [
  ["started today", schedule(started("2026-11-24T03:12:00Z")), "ok"],
  [
    "late, but not too late",
    schedule(
      started("2026-11-23T03:12:00Z"),
      new Date(Date.parse("2026-11-24T03:10:00Z") + START_LATE_AFTER_MS - 1),
    ),
    "ok",
  ],
  [
    "too late",
    schedule(
      started("2026-11-23T03:12:00Z"),
      new Date(Date.parse("2026-11-24T03:10:00Z") + START_LATE_AFTER_MS),
    ),
    "failed",
  ],
  ["never started", schedule(ok(null)), "failed"],
  ["not due yet", schedule(ok(null), NOW, NOW), "ok"],
  ["started and failed", schedule(started("2026-11-24T03:12:00Z", { conclusion: "failure" })), "failed"],
  [
    "still running",
    schedule(started("2026-11-24T03:12:00Z", { status: "in_progress", conclusion: null })),
    "ok",
  ],
  ["not read", schedule(failed("github_error")), "unknown"],
];

for (const [what, check, status] of schedules) {
  Deno.test(`scheduleCheck() calls a schedule ${status}: ${what}`, () => assert.equal(check.status, status));
}

function inDays(days: number): Result<Date | null, FailureCode> {
  return ok(new Date(NOW.getTime() + days * 24 * 3_600_000));
}

const expiries: [string, Result<Date | null, FailureCode>, HealthCheck["status"]][] = [
  ["far", inDays(days(TOKEN_EXPIRES_SOON_MS) + 1), "ok"],
  ["near", inDays(days(TOKEN_EXPIRES_SOON_MS)), "warning"],
  ["very near", inDays(days(TOKEN_EXPIRES_NOW_MS)), "failed"],
  ["not stated", ok(null), "unknown"],
  ["not read", failed("github_bad_token"), "unknown"],
];

for (const [what, expiry, status] of expiries) {
  Deno.test(`tokenExpiryCheck() calls an end ${status}: ${what}`, () => {
    assert.equal(tokenExpiryCheck(expiry, NOW).status, status);
  });
}

Deno.test("tokenCheck() says what to do about a token without access", () => {
  assert.equal(tokenCheck(ok(null)).status, "ok");
  const { status, message } = tokenCheck(failed("github_bad_token"));
  assert.equal(status, "failed");
  assert.match(message, /GITHUB_TOKEN/);
});

Deno.test("workflowCheck() distinguishes disabled, missing and unknown", () => {
  assert.equal(workflowCheck(FILE, ok([active])).status, "ok");
  const off = workflowCheck(FILE, ok([{ ...active, state: "disabled_inactivity" }]));
  assert.match(off.message, /desativado \(disabled_inactivity\)/);
  assert.match(workflowCheck(FILE, ok([])).message, /não existe/);
  assert.equal(workflowCheck(FILE, failed("github_error")).status, "unknown");
});

const ALL = [
  "R2_ENDPOINT",
  "R2_ACCESS_KEY_ID",
  "R2_SECRET_ACCESS_KEY",
  "SUPABASE_DB_URL_PROD",
  "SUPABASE_DB_URL_DEV",
  "SUPABASE_DB_URL_VERIFY",
];

const secrets: [string, Result<string[], FailureCode>, HealthCheck["status"], RegExp][] = [
  ["all there", ok(ALL), "ok", /cadastrados/],
  ["the vault's missing", ok(ALL.slice(1)), "failed", /R2_ENDPOINT/],
  ["a target's missing", ok(ALL.slice(0, -1)), "warning", /VERIFY/],
  ["not to be listed", failed("github_forbidden"), "unknown", /Secrets e Environments: read/],
  ["not read", failed("github_error"), "unknown", /Não se sabe/],
];

for (const [what, names, status, words] of secrets) {
  Deno.test(`secretsCheck() is ${status}: ${what}`, () => {
    const check = secretsCheck(names);
    assert.equal(check.status, status);
    assert.match(check.message, words);
  });
}
