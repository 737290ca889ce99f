/** What of the ERP's permissions is named: supabase/tests/migrations.test.ts has the same halves in a database. */
import { describe, expect, test } from "vitest";
import { permissionFindings, READ_COLUMNS } from "./permissions.ts";

const HAS =
  "create function public.has_permission_for_current_user(p_module text, p_action text) returns boolean …;";
const EMPRESA = "create or replace function current_empresa_id() returns uuid …;";
const REQUIRE = "create function public.require_permission_for_current_user(a text, b text) returns void …;";
const OTHER = 'CREATE TABLE IF NOT EXISTS public."papel_permissoes" (perfil text, modulo text, acao text);';

const conflicts = (sql: string) =>
  permissionFindings(sql).filter(({ standing }) => standing === "conflict").map(({ item, why }) =>
    `${item}: ${why}`
  );

describe("a table of the ERP's with other columns", () => {
  test.each(Object.keys(READ_COLUMNS))("%s is named with the columns that it lacks", (table) => {
    expect(conflicts(`create table public.${table} (codigo int);`)).toEqual([
      `public.${table}: it has no column ${
        READ_COLUMNS[table]?.join(", ")
      }, which public.has_permission_for_current_user` +
      " and public.current_empresa_id would read: the first of our migrations fails",
    ]);
  });

  test("is no matter where the functions that read it are the ERP's", () => {
    expect(conflicts(HAS + EMPRESA + OTHER)).toEqual([]);
    expect(conflicts(HAS + EMPRESA + REQUIRE + OTHER)).toEqual([]);
    expect(conflicts(HAS + OTHER)).toEqual([
      expect.stringContaining("papel_id, which public.current_empresa_id would"),
    ]);
    expect(conflicts(EMPRESA + OTHER)).toEqual([
      expect.stringContaining("which public.has_permission_for_current_user"),
    ]);
  });

  test("is found where pg_dump wrote it", () => {
    const dumped = 'CREATE TABLE IF NOT EXISTS "public"."papeis" ("codigo" integer);';
    expect(conflicts(dumped)).toEqual([expect.stringContaining("public.papeis: it has no column id")]);
    const functions = 'CREATE FUNCTION "public"."current_empresa_id"() RETURNS "uuid" …;';
    expect(conflicts(HAS + functions + dumped)).toEqual([]);
  });

  test("is no matter when it has got the columns since", () => {
    expect(conflicts(`${OTHER} alter table papel_permissoes add column papel_id uuid;`)).toEqual([]);
  });
});

test("a function of other parameters is a conflict", () => {
  expect(conflicts("create function public.current_empresa_id(p_user uuid) returns uuid …;")).toEqual([
    "public.current_empresa_id: it has 1 parameters, the catalog passes 0",
  ]);
});
