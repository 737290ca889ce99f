import { expect, test } from "vitest";
import { escapedStatement } from "./escaped_texts.ts";
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
  "select $a$ without an end",
  "-- psql's comment ends here\rrollback;\n",
  "select 1 as \u{1d4b3}$a$; rollback; select 2 as \u{1d4b3}$a$;",
  "select \u{1d4b3}e'\\'; rollback; --'",
  "select\u00a0e'\\'; rollback; --'",
  "select 1e'\\'; rollback; --'",
  "select 'a\0';",
  "set client_encoding = 'SJIS';",
  'set local "client_encoding" to sjis;',
  "set names 'SJIS';",
  "select :LAST_ERROR_MESSAGE;",
  "create function f(begin int) returns int language sql as 'select 1'; end;",
  "create function public.begin() returns int language sql as 'select 1'; end;",
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

const entry = {
  ...{ dumpId: 1, kind: "TABLE DATA", tag: "t", schema: "public", owner: "x", definition: "", drop: "" },
  ...{ copyStatement: "", dependencies: [], section: 3, hasData: true },
  ...{ tablespace: "", accessMethod: "" },
};
const check = (changes: Partial<typeof entry>) => () =>
  requirePlainStatements({ entries: [{ ...entry, ...changes }] });

test("rows come by one COPY from standard input", () => {
  for (
    const copyStatement of [
      'COPY public.t (a, "b;c", "d\\e") FROM stdin;\n',
      'COPY "É"."T ""1""" (b) FROM stdin;\n',
      "COPY public.t  FROM stdin;\n",
    ]
  ) expect(check({ copyStatement })).not.toThrow();
  for (
    const copyStatement of [
      "",
      "INSERT INTO t VALUES (1);\n",
      "COPY public.t FROM program 'x'; COPY t FROM stdin;\n",
      "COPY public.t FROM stdin;\nROLLBACK;\n",
      "COPY public.t (a) TO stdout -- FROM stdin;\n",
    ]
  ) expect(check({ copyStatement })).toThrow("TABLE DATA public.t loads its rows");
});

test.each([
  ["a definition beside its rows", {
    copyStatement: "COPY public.t (a) FROM stdin;\n",
    definition: "rollback;",
  }],
  ["rows without a table", { kind: "TABLE" }],
  ["a statement that drops it and another one", {
    kind: "TABLE",
    hasData: false,
    drop: "DROP TABLE t; rollback;",
  }],
  ["the number of a large object and more", {
    ...{ kind: "BLOB METADATA", hasData: false, definition: "1'); rollback; select ('1\n" },
  }],
  ["bytes that are not UTF-8", { kind: "VIEW", hasData: false, definition: "select '\udcff';" }],
  ["a backslash that a letter takes with it in another encoding", {
    ...{ kind: "INDEX", hasData: false },
    definition: String.raw`CREATE INDEX i ON t (a) WHERE b <> E'Á\'; rollback; --';`,
  }],
  ["another encoding", { kind: "ENCODING", hasData: false, definition: "SET client_encoding = 'SJIS';\n" }],
])("an entry with %s is refused", (_what, changes) => {
  expect(check(changes)).toThrow("Cannot restore the archive");
});

test.each([
  [
    "COMMENT",
    String.raw`COMMENT ON TABLE public.t IS 'C:\';`,
    String.raw`COMMENT ON TABLE public.t IS E'C:\\';`,
  ],
  [
    "COMMENT",
    String.raw`COMMENT ON TABLE t IS 'a\''; rollback; --';`,
    String.raw`COMMENT ON TABLE t IS E'a\\''; rollback; --';`,
  ],
  [
    "SEQUENCE SET",
    String.raw`SELECT setval('"a\''b"', 1, true);`,
    String.raw`SELECT setval(E'"a\\''b"', 1, true);`,
  ],
  [
    "TYPE",
    String.raw`CREATE TYPE e AS ENUM ('a\', '\d');`,
    String.raw`CREATE TYPE e AS ENUM (E'a\\', '\d');`,
  ],
])(
  "a %s with a backslash before a quote is run with escapes, and is no reason to refuse: %s",
  (kind, definition, sql) => {
    expect(escapedStatement({ kind, schema: "public", definition })?.sql).toBe(sql);
    expect(check({ hasData: false, kind, definition })).not.toThrow();
  },
);

test.each([
  ["VIEW", "public", String.raw`CREATE VIEW v AS SELECT 'a\''; rollback; --';`],
  ["COMMENT", "auth", String.raw`COMMENT ON TABLE t IS 'a\''; rollback; --';`],
  ["COMMENT", "public", String.raw`COMMENT ON TABLE t IS 'a\'; rollback; --';`],
  ["COMMENT", "public", String.raw`COMMENT ON TABLE t IS 'Á\''; rollback; --';`],
])("a %s of %s that one could read otherwise is refused: %s", (kind, schema, definition) => {
  expect(check({ hasData: false, kind, schema, definition })).toThrow("Cannot restore the archive");
});

test("entries as pg_dump writes them pass", () => {
  const texts = String.raw`COMMENT ON TABLE t IS 'Carregando… “É” AÇÃO À';
    ALTER TABLE t ADD CHECK (a ~ E'^[A-Za-zÀ-ÿ\\s]+\\.$');`;
  expect(check({ hasData: false, kind: "COMMENT", definition: texts })).not.toThrow();
  const [hasData, kind] = [false, "ENCODING"];
  expect(check({ hasData, kind, definition: "SET client_encoding = 'UTF8';\n" })).not.toThrow();
  expect(check({ hasData, kind: "BLOB METADATA", definition: "16400\n16401\n" })).not.toThrow();
  expect(check({ kind: "BLOBS" })).not.toThrow();
});
