import { expect, test } from "vitest";
import { splitStatements } from "./sql_text.ts";

test.each([
  ["select 1; select 2;", ["select 1", "select 2"]],
  ["select ';'; select \"a;b\"", ["select ';'", 'select "a;b"']],
  [String.raw`select E'it\';s'; select 2`, [String.raw`select E'it\';s'`, "select 2"]],
  ["do $$ begin a; b; end $$; select $x$;$x$", ["do $$ begin a; b; end $$", "select $x$;$x$"]],
  ["select 1 -- no; end\n; select 2", ["select 1", "select 2"]],
  ["select /* a; /* nested; */ b; */ 1; select 2", ["select   1", "select 2"]],
  ["create rule r as on insert to t do also (a; b); select 1", [
    "create rule r as on insert to t do also (a; b)",
    "select 1",
  ]],
  [
    "create function f() returns int begin atomic select case when a then b end; select 2; end; select 3",
    ["create function f() returns int begin atomic select case when a then b end; select 2; end", "select 3"],
  ],
  ["begin; commit; end;", ["begin", "commit", "end"]],
  [" ; ;\n", []],
])("statements of %j", (text, statements) => expect(splitStatements(text)).toEqual(statements));
