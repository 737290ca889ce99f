import { expect, test } from "vitest";
import { personalColumns } from "../look/personal_columns.ts";
import { type Change, newHeader } from "./patch.ts";
import type { Review } from "./review.ts";
import { reviewLines } from "./take_text.ts";

const header = newHeader({
  target: "prod",
  source: "k",
  tables: { "public.t": { columns: ["cpf", "nome", "cor"], key: ["cpf"] } },
});
const review: Review = {
  header,
  counts: { "public.t": { created: 1, changed: 1, deleted: 1 } },
  columns: { "public.t": { cor: 1 } },
  along: [{ table: "public.u", why: "child of public.t (u_fkey)", rows: 3 }],
  obstacles: [{
    kind: "value_taken",
    table: "public.t",
    name: "t_cpf_key",
    rows: 1,
    keys: [{ key: ["111"], holder: ["222"] }],
  }],
  triggers: [{ table: "public.t", name: "soma" }],
  notices: ["a notice"],
};
const changes: Change[] = [
  ["public.t", "i", ["111"], null, ["111", "Ana", "azul\u001b[2J"], "child of public.t (t_fkey)"],
  ["public.t", "u", ["222"], ["222", "Bia", null], ["222", "Bia", "x".repeat(50)], "asked"],
  ["public.t", "d", ["333"], ["333", "Cid", "rosa"], null, "asked"],
];

test("a review covers personal columns, in keys too, and obeys no control character", () => {
  const text = reviewLines(review, changes, personalColumns("cpf\nnome")).join("\n");
  for (const hidden of ["111", "222", "333", "Ana", "Bia", "Cid", "\u001b"]) {
    expect(text).not.toContain(hidden);
  }
  expect(text).toContain("public.t: 1 created, 1 changed, 1 deleted");
  expect(text).toContain("public.t, changed columns: cor 1");
  expect(text).toContain("public.u: 3 rows, child of public.t (u_fkey)");
  expect(text).toContain("[t_cpf_key], 1 rows: ••• (held by •••)");
  expect(text).toContain("public.t: soma");
  expect(text).toContain("+ public.t •••: cpf=•••, nome=•••, cor=azul");
  expect(text).toContain(`~ public.t •••: cor: NULL → ${"x".repeat(40)}…`);
  expect(text).toContain("- public.t •••: cpf=•••, nome=•••, cor=rosa");
});

test("shown columns are shown, and an empty patch says so", () => {
  const shown = reviewLines(review, changes, () => false).join("\n");
  expect(shown).toContain("111 (held by 222)");
  expect(shown).toContain("nome=Ana");
  const nothing = { header, counts: {}, columns: {}, along: [], obstacles: [], triggers: [], notices: [] };
  expect(reviewLines(nothing, [], () => false)).toEqual([
    "nothing to do: the rows are as the backup has them",
  ]);
});
