import { expect, it } from "vitest";
import type { Report } from "@backup/api.ts";
import { overviewSchema } from "../model/overview_facts.ts";
import { firstSteps, isNew } from "./first_steps.ts";

const BACKUP = {
  ...{
    id: "6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11",
    created_at: "2026-11-24T03:10:00Z",
    r2_key: "k",
    bytes: 1,
  },
  ...{ rows_total: 1, label: null, origin: "schedule", proven_at: null },
};
const facts = (newest: object | null, newest_proven: object | null) =>
  overviewSchema.parse({
    ...{
      newest,
      newest_proven,
      rto: null,
      last_drill: null,
      last_failed: null,
      active: 0,
      scheduled: [],
      time: "",
    },
  });
const report = (name: string, status: Report["status"]): Report => ({ name, status, at: "", report: {} });

it("ticks what the catalog knows, and leaves open what it does not record", () => {
  const done = (...args: Parameters<typeof firstSteps>) => firstSteps(...args).map((step) => step.done);
  expect(done(facts(null, null), undefined)).toEqual([null, false, false, null, null]);
  expect(done(facts(BACKUP, null), [])).toEqual([false, true, false, false, null]);
  expect(done(facts(BACKUP, BACKUP), [report("doctor", "ok"), report("watch", "warning")]))
    .toEqual([true, true, true, true, null]);
  expect(done(facts(BACKUP, null), [report("doctor", "failed")])[0]).toBe(false);
});

it("is new until a backup was proven and a watch has reported", () => {
  const proven = facts(BACKUP, BACKUP);
  expect([isNew(facts(null, null), undefined), isNew(facts(BACKUP, null), [report("watch", "ok")])])
    .toEqual([true, true]);
  expect([isNew(proven, []), isNew(proven, [report("doctor", "ok")])]).toEqual([true, true]);
  expect([isNew(proven, undefined), isNew(proven, [report("watchdog", "failed")])]).toEqual([false, false]);
});
