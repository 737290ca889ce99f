import { expect, test } from "vitest";
import { objectsOnlyInTarget, wholeObjects } from "./plan_objects.ts";

const line = (kind: string, name: string, facts: object = {}) =>
  JSON.stringify(["public", kind, name, facts]);
const table = (name: string) => line("relation", name, { kind: "r" });
const column = (relation: string, position: number, name: string) =>
  line("column", `${relation}.${String(position).padStart(4, "0")}`, { name });

test("a column before another one is the only one that is new", () => {
  const backup = [table("t"), column("t", 1, "a"), column("t", 2, "b")];
  const target = [table("t"), column("t", 1, "a"), column("t", 2, "nova"), column("t", 3, "b")];
  expect(objectsOnlyInTarget(backup, target)).toEqual([
    { kind: "column", name: "public.t.nova", fate: "replaced" },
  ]);
});

test("of a table that goes as a whole only the table is named, whatever dots its name has", () => {
  const backup = [table("a.b")];
  const target = [
    table("a.b"),
    table("a"),
    line("index", "a.a_pkey"),
    line("index", "a.b.novo"),
    column("a", 1, "x.y"),
  ];
  expect(objectsOnlyInTarget(backup, target)).toEqual([
    { kind: "table", name: "public.a", fate: "moved_aside" },
    { kind: "index", name: "public.a.b.novo", fate: "replaced" },
  ]);
  expect(wholeObjects(target, backup)).toEqual([table("a.b"), table("a"), line("index", "a.b.novo")]);
});
