import assert from "node:assert/strict";
import { datingOf, isAhead } from "./time.ts";
import { VAULT_TIME_AHEAD_MS, VAULT_TIME_BEHIND_MS } from "../service_levels.ts";

const STORED = new Date("2026-01-15T06:00:00Z");
const at = (ms: number) => new Date(STORED.getTime() + ms).toISOString();

Deno.test("times agree within the tolerance, to the millisecond", () => {
  assert.equal(datingOf(at(VAULT_TIME_AHEAD_MS), STORED), "agrees");
  assert.equal(datingOf(at(VAULT_TIME_AHEAD_MS + 1), STORED), "ahead");
  assert.equal(datingOf(at(-VAULT_TIME_BEHIND_MS), STORED), "agrees");
  assert.equal(datingOf(at(-VAULT_TIME_BEHIND_MS - 1), STORED), "behind");
  assert.equal(datingOf("no time", STORED), "ahead");
  assert.equal(isAhead(at(0), STORED), false);
});
