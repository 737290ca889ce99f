import { expect, it } from "vitest";
import type { PlannedTable } from "@backup/runs/restore_plan.ts";
import { changedTables, sumLoss } from "./plan_loss.ts";
import { aPlan } from "./test_rows.ts";

const table = (
  name: string,
  backup: PlannedTable["backup"],
  target: PlannedTable["target"],
): PlannedTable => ({
  table: name,
  backup,
  target,
  difference: backup === "unknown"
    ? null
    : (backup === "absent" ? 0 : backup) - (target === "absent" ? 0 : target),
});
const tables = (listed: PlannedTable[], facts: object = {}) =>
  aPlan({ tables: { total: 9, different: 4, backupRows: 100, targetRows: 100, listed, ...facts } });
const LISTED = [
  table("same", 5, 5),
  table("grows", 9, 2),
  table("shrinks", 1, 4),
  table("goes", "absent", 30),
  table("empty and new", 0, "absent"),
];

it("sums losses and gains", () => {
  expect(sumLoss(tables(LISTED))).toEqual({ lost: 33, tables: 2, gained: 7, exact: true });
});

it("is not exact when the plan does not list every table", () => {
  expect(sumLoss(tables(LISTED, { different: 900 }))).toMatchObject({ exact: false });
  expect(sumLoss(tables([table("t", "unknown", 3)], { backupRows: null, different: 1 }))).toBeNull();
});

it("does not count sessions and tokens of the platform, and never says minus zero", () => {
  const own = [table("auth.sessions", 1, 3), table("auth.refresh_tokens", 1, 9), table("same", 5, 5)];
  const none = sumLoss(tables(own, { different: 2 }));
  expect(none).toEqual({ lost: 0, tables: 0, gained: 0, exact: true });
  expect(Object.is(none?.lost, 0)).toBe(true);
  expect(sumLoss(tables([table("auth.users", 1, 3)], { different: 1 }))).toMatchObject({ lost: 2 });
});

it("lists the largest loss first and omits unchanged tables", () => {
  expect(changedTables(tables(LISTED)).map((each) => each.table)).toEqual([
    "goes",
    "shrinks",
    "grows",
    "empty and new",
  ]);
});
