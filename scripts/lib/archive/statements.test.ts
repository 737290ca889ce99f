import { expect, test } from "vitest";
import { reasonIn, requirePlainStatements } from "./statements.ts";

test.each([
  "rollback;",
  "CREATE TABLE t (); ROLLBACK; CREATE TABLE u (); COMMIT;",
  "/* a /* b */ ; */ Abort;",
  "-- x\nEND;",
  "create function public.begin() returns int language sql as 'select 1'; rollback; create table x ();",
  "create function f() returns int language sql begin atomic; select 1; rollback; end;",
  "prepare transaction 'x';",
  "start transaction; set transaction read write;",
  "savepoint a;",
  "do $$ begin end $$;",
  "create table t (a text default 'x');\n\\! touch /tmp/x\n",
  "create table t (a text default 'x\\'); rollback; --');",
  "comment on table t is 'without an end",
])("%s is refused", (sql) => {
  expect(reasonIn(sql)).not.toBeNull();
});

test.each([
  'CREATE TABLE public.begin ("commit" integer, "end" text DEFAULT \'rollback; commit;\'::text);\n',
  "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $_$ begin rollback; $$ ; $$ return 1; end $_$;\n",
  "CREATE FUNCTION public.begin() RETURNS int LANGUAGE sql AS $$ select 1 $$;\nALTER FUNCTION public.begin() OWNER TO x;\n",
  "CREATE OR REPLACE FUNCTION f(a int) RETURNS int\n    LANGUAGE sql\n    BEGIN ATOMIC\n SELECT CASE WHEN a > 1 THEN 2 END;\n SELECT 1;\nEND;\n",
  "COMMENT ON TABLE public.t IS 'it''s; \\d rollback';\n",
  "CREATE DOMAIN d AS text CHECK (value ~ E'^\\\\d\\'$');\n",
  "ALTER DATABASE a SET standard_conforming_strings TO 'off';\nALTER DATABASE a SET x TO 'b\\c';\n",
  "SELECT pg_catalog.setval('public.s', 1, true);\n",
  "SET search_path = '';\nREFRESH MATERIALIZED VIEW public.m;\n",
])("%s is what pg_dump writes", (sql) => {
  expect(reasonIn(sql)).toBeNull();
});

test("rows come by one COPY from standard input", () => {
  const entry = {
    ...{ dumpId: 1, kind: "TABLE DATA", tag: "t", schema: "public", owner: "x", definition: "", drop: "" },
    ...{ dependencies: [], section: 3, hasData: true },
  };
  const check = (copyStatement: string) => () =>
    requirePlainStatements({ entries: [{ ...entry, copyStatement }] });
  expect(check('COPY public.t (a, "b;c", "d\\e") FROM stdin;\n')).not.toThrow();
  for (
    const statement of [
      "",
      "INSERT INTO t VALUES (1);\n",
      "COPY public.t FROM program 'x'; COPY t FROM stdin;\n",
      "COPY public.t FROM stdin;\nROLLBACK;\n",
    ]
  ) expect(check(statement)).toThrow("TABLE DATA public.t");
});
