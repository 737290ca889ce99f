import { expect, test } from "vitest";
import { changesSincePlan } from "./plan_changes.ts";

const row = (key: string, rows: number) => ({ key, rows, schema: "public", table: key });
const planned = (
  listed: { table: string; backup: number | "absent"; target: number | "absent" }[],
  { total = listed.length, different = 0 } = {},
) => ({
  tables: {
    total,
    different,
    backupRows: 0,
    targetRows: 0,
    listed: listed.map((each) => ({ ...each, difference: 0 })),
  },
  differences: { total: 1, listed: ["a"] },
});

test("a table that a plan leaves out of its list had as many rows as in the backup", () => {
  const plan = planned([{ table: "t", backup: 1, target: 2 }], { total: 500, different: 1 });
  const drift = {
    tables: [row("t", 2), row("same", 7), row("grown", 8)],
    backupRows: { t: 1, same: 7, grown: 7 },
    differences: ["a"],
  };
  expect(changesSincePlan(plan, drift)).toEqual({
    tables: { total: 1, listed: [{ table: "grown", planned: 7, now: 8 }] },
    schema: { total: 0, listed: [] },
  });
});

test("a truncated list reports nothing about the tables that it does not name", () => {
  const plan = planned([{ table: "t", backup: 1, target: 2 }], { total: 900, different: 800 });
  const drift = { tables: [row("t", 3), row("other", 8)], backupRows: { t: 1, other: 1 }, differences: null };
  expect(changesSincePlan(plan, drift)).toEqual({
    tables: { total: 1, listed: [{ table: "t", planned: 2, now: 3 }] },
    schema: null,
  });
});

test("truncated differences report those that are gone by name, and the numbers", () => {
  const plan = { ...planned([]), differences: { total: 300, listed: ["a", "b"] } };
  const drift = { tables: [], backupRows: null, differences: ["b", "c"] };
  expect(changesSincePlan(plan, drift).schema?.listed).toEqual([
    "não mais: a",
    "2 diferenças do backup, 300 na simulação",
  ]);
});
