/** What runs outside of the restore's transaction can do nothing but make its own object. */
import { describe, expect, test } from "vitest";
import {
  stagedCopy,
  stagedDomain,
  stagedEnum,
  stagedForeignKey,
  stagedIndex,
  stagedKey,
  stagedTable,
} from "./staged_text.ts";

const renamed = (schema: string, name: string) => schema === "public" && name !== "viva" ? '"s 1"' : null;
const types = (schema: string, name: string) => schema === "public" && name === "estado" ? '"s 1"' : null;
const table = (columns: string) =>
  stagedTable(`CREATE TABLE public.t (\n    ${columns}\n);\n`, renamed, types)?.sql ?? null;
const index = (rest: string) =>
  stagedIndex(`CREATE INDEX i ON public.t USING btree ${rest};\n`, renamed, types)?.sql ?? null;

test("names are replaced where the statement makes them or refers to a staged type", () => {
  expect(table(`"Id" bigint NOT NULL,\n    e public.estado DEFAULT 'novo; --'::public.estado`)).toBe(
    `CREATE TABLE "s 1".t (\n    "Id" bigint NOT NULL,\n    e "s 1".estado DEFAULT 'novo; --'::"s 1".estado\n)`,
  );
  expect(stagedEnum("CREATE TYPE public.estado AS ENUM (\n    'a''b',\n    'public.x'\n);\n", renamed)?.sql)
    .toBe(
      `CREATE TYPE "s 1".estado AS ENUM (\n    'a''b',\n    'public.x'\n)`,
    );
  expect(stagedCopy('COPY public."T.x" (id, "a b") FROM stdin;\n', renamed)).toEqual({
    schema: "public",
    name: "T.x",
    sql: 'COPY "s 1"."T.x" (id, "a b") FROM stdin',
  });
  expect(
    stagedKey("ALTER TABLE ONLY public.t\n    ADD CONSTRAINT k UNIQUE (b, a) INCLUDE (c);\n", renamed),
  ).toMatchObject({
    sql: 'ALTER TABLE ONLY "s 1".t ADD CONSTRAINT k UNIQUE (b, a) INCLUDE (c)',
    columns: "a\0b",
  });
  expect(index("(lower(nome) DESC NULLS LAST, b) WHERE (c IS NULL)")).toBe(
    `CREATE INDEX i ON "s 1".t USING btree (lower(nome) DESC NULLS LAST, b) WHERE (c IS NULL)`,
  );
  expect(
    stagedForeignKey(
      "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.u(id) ON DELETE CASCADE;\n",
      renamed,
    ),
  ).toMatchObject({
    sql: 'ALTER TABLE ONLY "s 1".t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES "s 1".u(id) ON DELETE CASCADE',
    unvalidated:
      'ALTER TABLE ONLY "s 1".t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES "s 1".u(id) ON DELETE CASCADE NOT VALID',
    validate: 'ALTER TABLE "s 1".t VALIDATE CONSTRAINT f',
    to: { schema: "public", name: "u", columns: "id" },
  });
});

test.each([
  "gin (dados jsonb_path_ops)",
  "gin (to_tsvector('portuguese'::regconfig, COALESCE(nome, ''::text)))",
  "brin (criado) WITH (pages_per_range='32')",
])("an index with the method and text %j is staged", (rest) => {
  expect(stagedIndex(`CREATE INDEX i ON public.t USING ${rest};\n`, renamed, types)).not.toBeNull();
});

test.each([
  "valor numeric(14,2) DEFAULT 0 NOT NULL",
  "criado timestamp with time zone DEFAULT now() NOT NULL",
  'a text COLLATE pg_catalog."C"',
  "a text[] DEFAULT '{}'::text[]",
  "a character varying(20),\n    CONSTRAINT c CHECK (((a)::text = ANY ((ARRAY['x'::character varying])::text[])))",
  "a integer,\n    b integer GENERATED ALWAYS AS ((a * 2)) STORED",
])("a table with %j is staged", (columns) => {
  expect(table(columns)).not.toBeNull();
});

describe("a type of an extension, and its modifier", () => {
  const ofExtension = (schema: string, name: string) =>
    schema === "extensions" && name === "vector" ? "extensions" : null;
  test.each([
    ["a extensions.vector", true],
    ["a extensions.vector(3) NOT NULL", true],
    ['a extensions."vector"(3, 4)[]', true],
    ["a extensions.vector(point, 4326)", true],
    ["a integer DEFAULT extensions.vector(3)", false],
    ["a integer,\n    CONSTRAINT c CHECK ((a = extensions.vector(3)))", false],
    ["a integer,\n    CONSTRAINT c CHECK ((NOT extensions.vector(3)))", false],
    ["a extensions.vector(lo_unlink(3))", false],
    ["a extensions.vector('3')", false],
    ["a extensions.geometry(3)", false],
    ["a vector(3)", false],
  ])("%s: %s", (columns, isStaged) => {
    const staged = stagedTable(`CREATE TABLE public.t (\n    ${columns}\n);\n`, renamed, ofExtension);
    // a default that is no constant is set in the transaction
    expect(staged !== null && staged.defaults.length === 0).toBe(isStaged);
    if (isStaged) expect(staged?.sql).toContain(columns);
  });
});

test("a default that names anything else is set in the transaction", () => {
  const columns = [
    `"Id" bigint DEFAULT nextval('public.s'::regclass) NOT NULL`,
    `b text[] DEFAULT ARRAY[public.f('a, b'), public.g()] COLLATE pg_catalog."C"`,
    "c numeric(14,2) DEFAULT 0 NOT NULL",
    `d uuid DEFAULT auth.uid()`,
    `e integer DEFAULT\nCASE\n    WHEN (public.f() IS NOT NULL) THEN 1\n    ELSE 2\nEND`,
  ];
  expect(stagedTable(`CREATE TABLE public."T" (\n    ${columns.join(",\n    ")}\n);\n`, renamed, types))
    .toEqual({
      schema: "public",
      name: "T",
      sql: `CREATE TABLE "s 1"."T" (\n    "Id" bigint NOT NULL,\n    b text[] COLLATE pg_catalog."C",\n    ` +
        `c numeric(14,2) DEFAULT 0 NOT NULL,\n    d uuid,\n    e integer)`,
      defaults: [
        `ALTER TABLE ONLY public."T" ALTER COLUMN "Id" SET DEFAULT nextval('public.s'::regclass);`,
        `ALTER TABLE ONLY public."T" ALTER COLUMN b SET DEFAULT ARRAY[public.f('a, b'), public.g()];`,
        `ALTER TABLE ONLY public."T" ALTER COLUMN d SET DEFAULT auth.uid();`,
        `ALTER TABLE ONLY public."T" ALTER COLUMN e SET DEFAULT CASE\n    WHEN (public.f() IS NOT NULL) THEN 1\n    ELSE 2\nEND;`,
      ],
      computes: false,
    });
});

test.each([
  ["numeric(14,2) DEFAULT 0\n\tCONSTRAINT c CHECK ((VALUE >= (0)::numeric))", true],
  ["public.estado NOT NULL", true],
  ["text COLLATE pg_catalog.\"C\"\n\tCONSTRAINT c CHECK ((VALUE ~ '^\\\\d{5}$'::text))", true],
  ["text\n\tCONSTRAINT c CHECK (public.f(VALUE))", false],
  ["text\n\tCONSTRAINT c CHECK ((VALUE OPERATOR(public.~) 'x'::text))", false],
  ["text DEFAULT public.f()", false],
  ["public.dinheiro", false],
  ["text;\nDROP TABLE public.viva", false],
])("a domain as %j is staged: %s", (text, isStaged) => {
  const domain = stagedDomain(`CREATE DOMAIN public.d AS ${text};\n`, renamed, types);
  expect(domain !== null).toBe(isStaged);
});

describe("stays in the transaction:", () => {
  test.each([
    ["a function of the project", "a integer,\n    b integer GENERATED ALWAYS AS (public.f(a)) STORED"],
    ["one in a check", "a integer DEFAULT public.f(),\n    CONSTRAINT c CHECK ((a > public.f()))"],
    ["a function of PostgreSQL that acts", "a oid,\n    CONSTRAINT c CHECK ((lo_unlink(a) = 1))"],
    ["one that a quoted name calls", 'a oid,\n    CONSTRAINT c CHECK (("lo_unlink"(a) = 1))'],
    ["one with a comment in between", "a oid,\n    CONSTRAINT c CHECK ((lo_unlink/**/(a) = 1))"],
    ["one after a line break", "a oid,\n    CONSTRAINT c CHECK ((lo_unlink\n(a) = 1))"],
    ["one whose name ends as a harmless one", "a text,\n    CONSTRAINT c CHECK ((NOlower(a) = 'x'))"],
    ["a type that is not staged", "a public.dinheiro"],
    ["an operator of a schema", "a text,\n    CONSTRAINT c CHECK ((a OPERATOR(public.=) 'x'))"],
    [
      "the name of an object as a constant",
      "a oid,\n    CONSTRAINT c CHECK ((a <> ('public.viva'::regclass)::oid))",
    ],
    ["names of objects as values", "a regclass[]"],
    ["a literal with backslashes", "a text DEFAULT E'\\\\'''"],
    [
      "a second statement",
      "a integer\n);\nDELETE FROM public.viva;\nCREATE TABLE public.t2 (\n    a integer",
    ],
    ["a query", "a integer\n) AS (SELECT 1"],
    ["a query of another table", "a\n) AS ( TABLE pg_class"],
    ["a dollar-quoted text", "a text DEFAULT $$x$$"],
    ["a parent", "a integer\n)\nINHERITS (public.viva"],
    ["a name of three parts", "a loja.public.estado"],
  ])("%s", (_what, columns) => {
    expect(table(columns)).toBeNull();
  });

  test.each([
    "(public.f(a))",
    "(a public.gin_trgm_ops)",
    "(to_tsvector('public.meu'::regconfig, a))",
    "(a); DROP TABLE x",
    "(a) WHERE (pg_sleep(1) IS NULL)",
  ])(
    "an index on %s",
    (rest) => expect(index(rest)).toBeNull(),
  );

  test("rows that do not come through the session, and what is not of a staged table", () => {
    expect(stagedCopy("COPY public.t (id) FROM PROGRAM 'id';\n", renamed)).toBeNull();
    expect(stagedCopy("COPY public.viva (id) FROM stdin;\n", renamed)).toBeNull();
    expect(stagedKey("ALTER TABLE ONLY public.t\n    ADD CONSTRAINT k UNIQUE (a);\n\nSELECT 1;\n", renamed))
      .toBeNull();
    expect(
      stagedForeignKey(
        "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.viva(id);\n",
        renamed,
      ),
    ).toBeNull();
  });
});
