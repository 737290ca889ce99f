import assert from "node:assert/strict";
import { materialOf } from "./alarm.ts";
import { eventOf, isEndDue, memoriesOf, withTimes } from "./notifications.ts";

const sent = (material: string, at = "") => ({ run_lost: { title: "T", material, at } });

Deno.test("an alarm is sent once, and again when it changes, whichever watch sent it", () => {
  const event = (own: object, other: object) =>
    eventOf({ own: { ...own }, other: { ...other } }, "run_lost", "m");
  assert.equal(event({}, {}), "raised");
  assert.equal(event(sent("m"), {}), null);
  assert.equal(event({}, sent("m")), null);
  assert.equal(event(sent("before"), {}), "changed");
  assert.equal(event({}, sent("before")), "changed");
  const [earlier, later] = ["2026-01-15T12:23:00.000Z", "2026-01-15T12:53:00.000Z"];
  assert.equal(event(sent("before", earlier), sent("m", later)), null);
  // what was sent before the last message holds again
  assert.equal(event(sent("before", later), sent("m", earlier)), "changed");
  assert.equal(event(sent("m", earlier), sent("before", later)), "changed");
  assert.equal(event(sent("m", later), sent("before", earlier)), null);
});

Deno.test("withTimes: of what the report says the same of", () => {
  assert.deepEqual(withTimes(sent("m"), sent("m", "2026-01-15")), sent("m", "2026-01-15"));
  assert.deepEqual(withTimes(sent("m"), sent("before", "2026-01-15")), sent("m"));
  assert.deepEqual(withTimes(sent("m"), {}), sent("m"));
});

Deno.test("the watch that sent an alarm sends its end; when both did, the later one", () => {
  assert.equal(isEndDue({ own: sent("m"), other: {} }, "run_lost"), true);
  assert.equal(isEndDue({ own: sent("m"), other: sent("m") }, "run_lost"), false);
  assert.equal(isEndDue({ own: {}, other: sent("m") }, "run_lost"), false);
});

Deno.test("what a silent watch has sent is taken over once, as far as this watch can decide it", () => {
  const memories = { own: {}, other: sent("m") };
  const taken = (silent: boolean, knownAsSilent: boolean, decided = ["run_lost"]) =>
    memoriesOf(memories, { silent, knownAsSilent }, decided);
  assert.deepEqual(taken(false, false), memories);
  assert.deepEqual(taken(true, false), { own: sent("m"), other: {} });
  assert.deepEqual(taken(true, false, ["backup_overdue"]), { own: {}, other: {} });
  // cleared since then
  assert.deepEqual(taken(true, true), { own: {}, other: {} });
});

Deno.test("materialOf: the condition, its severity and its material, not its facts", async () => {
  const alarm = {
    id: "run_lost",
    severity: "failed" as const,
    title: "T",
    risk: "R",
    facts: [],
    todo: "D",
    material: "m",
  };
  const before = await materialOf(alarm);
  assert.match(before, /^[0-9a-f]{16}$/);
  assert.equal(await materialOf({ ...alarm, facts: ["há 5 h"] }), before);
  for (const change of [{ severity: "warning" as const }, { material: "n" }, { id: "backup_overdue" }]) {
    assert.notEqual(await materialOf({ ...alarm, ...change }), before);
  }
});
