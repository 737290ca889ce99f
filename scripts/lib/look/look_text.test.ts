import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRow, encodeText } from "../archive/copy_text.ts";
import { auditEntryOf } from "./audit_entry.ts";
import type { LookAnswer } from "./look.ts";
import { lookLines } from "./look_text.ts";
import { personalColumns } from "./personal_columns.ts";

const table = {
  schema: "public",
  table: "clientes",
  columns: ["id", "CPF", "obs"],
  rows: 9,
  rawBytes: 2_000_000,
};
const found: LookAnswer = {
  tables: [],
  found: [{
    table,
    rows: [{ number: 4, values: ["5", "123.456.789-00", "a\u001b[31m\nb"] }, {
      number: 8,
      values: ["9", null, ""],
    }],
  }],
  hits: 2,
};

test("a row of COPY's text is decoded to the values that were written", () => {
  expect(decodeRow(Buffer.from("1\t\\N\ta\\tb\\\\N\t"))).toEqual(["1", null, "a\tb\\N", ""]);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 }), (values) => {
      expect(decodeRow(Buffer.from(values.map(encodeText).join("\t")))).toEqual(values);
    }),
  );
});

test("personal columns are covered, and nothing is written that a terminal obeys", () => {
  const covered = lookLines(found, personalColumns("cpf # documento\n"));
  expect(covered).toEqual([
    "public.clientes, 9 rows",
    "#  id  CPF   obs",
    "5  5   •••   a\\u001b[31m\\nb",
    "9  9   NULL",
    "",
    "2 rows found",
  ]);
  expect(lookLines(found, () => false).join("\n")).toContain("123.456.789-00");
  expect(lookLines({ tables: [table], found: [], hits: null }, () => false)).toEqual([
    "public.clientes  9 rows  2.0 MB",
  ]);
  const planted = { ...table, table: "\u001b[2Jclientes", columns: ["id\u001b[31m"] };
  const named: LookAnswer = { tables: [planted], found: [{ table: planted, rows: [] }], hits: null };
  expect(lookLines(named, () => false).join("\n")).not.toContain("\u001b");
});

test("the owner's list names columns of every table or of one, without regard to case and accents", () => {
  const isCovered = personalColumns("Endereço\npublic.clientes.obs\n");
  expect(isCovered(table, "ENDERECO")).toBe(true);
  expect(isCovered(table, "obs")).toBe(true);
  expect(isCovered({ schema: "public", table: "pedidos" }, "obs")).toBe(false);
  expect(personalColumns()(table, "cpf")).toBe(true);
});

test("the audit has counts and a keyed hash, and neither the words nor a row", () => {
  const requester = { requestId: crypto.randomUUID(), requestedBy: "ana", run: null, gitSha: null };
  const key = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
  const order = { table: null, page: 1, search: "123.456.789-00" };
  const entryWith = (secret: string) =>
    auditEntryOf(key, requester, order, found, { reason: "pedido", isShown: true, secret });
  const entry = entryWith("um");
  expect(entry).toMatchObject({
    event: "look",
    target: "prod",
    detail: { what: "search", hits: 2, rows: 2, personal_columns: "shown", reason: "pedido" },
  });
  expect(JSON.stringify(entry)).not.toMatch(/456|31m/);
  expect(entryWith("outro").detail.searched_hmac).not.toBe(entry.detail.searched_hmac);
});
