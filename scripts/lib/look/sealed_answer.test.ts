import { expect, it } from "vitest";
import { SEALED_ANSWER_BYTES } from "@backup/look/order.ts";
import { LookHolder, makeLookKeys } from "@backup/look/seal.ts";
import type { LookAnswer } from "./look.ts";
import { sealedAnswerOf } from "./sealed_answer.ts";

const TABLE = {
  schema: "public",
  table: "clientes",
  columns: ["id", "nome", "obs"],
  rows: 400,
  rawBytes: null,
};
const isName = (_: unknown, column: string) => column === "nome";
const found = (rows: (string | null)[][]): LookAnswer => ({
  tables: [],
  found: [{ table: TABLE, rows: rows.map((values, number) => ({ number, values })) }],
  hits: rows.length,
});

it("leaves covered values out, and says which columns they are of", () => {
  const answer = sealedAnswerOf(found([["1", "Ana", null]]), isName, true);
  expect(answer).toMatchObject({ hits: 1, cut: false, trusted: true });
  expect(answer.found).toEqual([{
    schema: "public",
    table: "clientes",
    columns: TABLE.columns,
    covered: ["nome"],
    table_rows: 400,
    rows: [{ number: 0, values: ["1", null, null] }],
  }]);
  expect(JSON.stringify(answer)).not.toContain("Ana");
  expect(sealedAnswerOf(found([["1", "Ana", null]]), () => false, true).found[0]?.covered).toEqual([]);
});

it("cuts long values, and says so", () => {
  const answer = sealedAnswerOf(found([["1", "x".repeat(5000), "y".repeat(2001)]]), isName, false);
  expect(answer).toMatchObject({ cut: true, trusted: false });
  expect(answer.found[0]?.rows[0]?.values).toEqual(["1", null, `${"y".repeat(2000)}…`]);
  const covered = sealedAnswerOf(found([["1", "x".repeat(5000), null]]), isName, true);
  expect(covered.cut).toBe(false);
});

it("gives the first rows that fit into a message of the catalog", async () => {
  const wide = found(
    Array.from({ length: 200 }, (_, i) => [String(i), "é".repeat(2000), "\u0001".repeat(2000)]),
  );
  const answer = sealedAnswerOf(wide, () => false, true);
  expect(answer.cut).toBe(true);
  expect(answer.found[0]?.rows.length).toBeGreaterThan(30);
  const { privateKey } = await makeLookKeys();
  const holder = await LookHolder.of(privateKey);
  const tab = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const raw = Buffer.from(await crypto.subtle.exportKey("raw", (tab as CryptoKeyPair).publicKey)).toString(
    "base64",
  );
  const sealed = await holder.seal({ requestId: "x", r2Key: "y" }, raw, answer);
  expect(JSON.stringify(sealed).length).toBeLessThan(SEALED_ANSWER_BYTES - 100);
});
