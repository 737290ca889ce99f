import { expect, test } from "vitest";
import { planTables } from "./plan_tables.ts";

const toc = (tables: readonly string[]) => ({
  serverVersion: "15.18",
  dumpVersion: "15.18",
  compression: "none" as const,
  entries: tables.map((tag, index) => ({
    dumpId: index,
    kind: "TABLE DATA",
    schema: "public",
    tag,
    owner: "postgres",
    definition: "",
    copyStatement: "",
    dependencies: [],
    drop: "",
    section: 3,
    hasData: true,
    tablespace: "",
    accessMethod: "",
  })),
});
const selectionOf = (main: number[]) => ({ main, largeObjects: [], skipped: [], createsOps: false });
const found = (table: string, rows: number, key = `public.${table}`) => ({
  key,
  rows,
  schema: "public",
  table,
});

test("of too many tables those that stay equal are left out, and all are counted", () => {
  const target = Array.from({ length: 1000 }, (_, n) => found(`t${n}`, n));
  const archive = toc(target.map(({ table }) => table));
  const selection = selectionOf(archive.entries.slice(2).map(({ dumpId }) => dumpId));
  const planned = planTables({ manifest: null, toc: archive, selection }, target);
  expect(planned).toMatchObject({ total: 1000, different: 1000, backupRows: null, targetRows: 499_500 });
  expect(planned.listed).toHaveLength(400);
  expect(planned.listed.slice(0, 2)).toEqual([
    { table: "public.t0", backup: "absent", target: 0, difference: 0 },
    { table: "public.t1", backup: "absent", target: 1, difference: -1 },
  ]);
});

test("a table of an old archive is the target's by name, however it is quoted", () => {
  const archive = toc(["order", "Só lá"]);
  const planned = planTables(
    { manifest: null, toc: archive, selection: selectionOf([0, 1]) },
    [found("order", 5, 'public."order"')],
  );
  expect(planned.listed).toEqual([
    { table: 'public."Só lá"', backup: "unknown", target: "absent", difference: null },
    { table: 'public."order"', backup: "unknown", target: 5, difference: null },
  ]);
});
