import { expect, test } from "vitest";
import { inBatches } from "./statement_batches.ts";

test("statements are sent together, settings alone", () => {
  expect(inBatches(`-- a; comment
\\restrict abc
SET x = 1;
SELECT ';';
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ select 1; $$;
CREATE TABLE "a;b" ();
RESET x;
SELECT 1;
SELECT 2;

\\unrestrict abc
`)).toBe(`-- a; comment
\\restrict abc
SET x = 1;
SELECT ';'\\;
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ select 1; $$\\;
CREATE TABLE "a;b" ();
RESET x;
SELECT 1\\;
SELECT 2;

\\unrestrict abc
`);
});

test("a function with statements in its body is sent alone, as it is", () => {
  const routine = `CREATE FUNCTION f(a integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT CASE WHEN (a > 1) THEN 1 ELSE 2 END AS "case";
 SELECT 2;
END;`;
  expect(inBatches(`SELECT 1;${routine}SELECT 2;SELECT 3;`)).toBe(`SELECT 1;${routine}SELECT 2\\;SELECT 3;`);
});

test("a batch has a limit, and a text that psql may read otherwise stays as it is", () => {
  const long = `SELECT '${"x".repeat(2 ** 18)}';`;
  expect(inBatches(`${long}${long}SELECT 1;SELECT 2;`)).toBe(`${long}${long}SELECT 1\\;SELECT 2;`);
  expect(inBatches("SELECT 1;\\echo x\nSELECT 2;")).toBe("SELECT 1;\\echo x\nSELECT 2;");
});
