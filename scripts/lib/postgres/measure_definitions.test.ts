import { expect, test } from "vitest";
import { measureDefinitions } from "./measure_definitions.ts";

test("the repository's file defines measures without a problem", () => {
  const found = measureDefinitions();
  expect(found.map(({ name }) => name)).toEqual([
    "pedidos",
    "notas fiscais",
    "a receber em aberto",
    "clientes",
  ]);
  expect(found.filter(({ problem }) => problem !== null)).toEqual([]);
});

test("a query has neither its comments nor its semicolon, and may hold semicolons", () => {
  const text =
    "-- antes\r\n-- medida: a b \r\n-- por quê\r\nselect ';', 1,\n -- meio\n 2;\r\n\r\n-- o próximo\r\n" +
    "--medida:c\nselect 2\n";
  expect(measureDefinitions(text)).toEqual([
    { name: "a b", query: "select ';', 1,\n 2", problem: null },
    { name: "c", query: "select 2", problem: null },
  ]);
});

test("a measure without a name or a query, or of a taken name, has a problem and the others none", () => {
  const text = "-- medida:\nselect 1;\n-- medida: a\n;\n-- medida: b\nselect 2;\n-- medida: b\nselect 3;";
  expect(measureDefinitions(text).map(({ name, problem }) => [name, problem])).toEqual([
    ["", "it has no name"],
    ["a", "it has no query"],
    ["b", null],
    ["b (4)", 'the name "b" is taken'],
  ]);
  expect(measureDefinitions("select 1;")).toEqual([]);
  expect(measureDefinitions("")).toEqual([]);
});
