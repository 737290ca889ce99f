import assert from "node:assert/strict";
import { signOf, subtractDecimals, withScale } from "./decimal.ts";
import { compareMeasures, isSameMeasure, type Measure, measureSchema } from "./measures.ts";

const SQL = "a".repeat(64);
const amount = (n: number, sum: string | null = null, newest: string | null = null) => ({ n, sum, newest });
const measure = (name: string, total = amount(1), companies: Measure["companies"] = null): Measure => ({
  name,
  sql_sha256: SQL,
  ...total,
  companies,
});

Deno.test("decimals are exact, whatever their size and their scale", () => {
  assert.equal(subtractDecimals("0.3", "0.1"), "0.2");
  assert.equal(subtractDecimals("10.5", "10.50"), "0.00");
  assert.equal(subtractDecimals("1", "1.001"), "-0.001");
  assert.equal(subtractDecimals("-0.05", "-0.02"), "-0.03");
  assert.equal(subtractDecimals("99999999999999999999.99", "0.01"), "99999999999999999999.98");
  assert.deepEqual(["-0.00", "0.01", "-3"].map(signOf), [0, 1, -1]);
  assert.deepEqual(
    ["5", "5.1", "5.100", "-0.1234", "100.000"].map((it) => withScale(it, 2)),
    ["5.00", "5.10", "5.10", "-0.1234", "100.00"],
  );
  assert.equal(withScale("100.00", 0), "100");
  for (const text of ["", "1e3", "NaN", "1,5"]) assert.throws(() => subtractDecimals(text, "1"), RangeError);
});

Deno.test("a difference is what the target gains, by company only where few differ", () => {
  const companies = (count: number, sum: string) =>
    Array.from({ length: count }, (_, i) => ({ company: `c${i}`, ...amount(i, sum) }));
  const compare = (count: number) =>
    compareMeasures([measure("x", amount(5, "10.00"), companies(count, "1.10"))], {
      measures: [measure("x", amount(8, "12.5"), companies(count, "1.1").slice(1))],
      failed: [],
    }).compared[0];
  const one = compare(3);
  assert.deepEqual([one?.n, one?.sum], [-3, "-2.50"]);
  assert.deepEqual(one?.companies, { total: 1, listed: [{ company: "c0", n: 0, sum: "1.10" }] });
  const many = compareMeasures([measure("x", amount(0), companies(11, "1"))], {
    measures: [measure("x", amount(0), companies(11, "2"))],
    failed: [],
  }).compared[0];
  assert.deepEqual(many?.companies, { total: 11, listed: [] });
});

Deno.test("a difference of companies alone, and one of the newest row alone, is one", () => {
  const side = (a: number, b: number, newest = "2026-01-01") =>
    measure("x", amount(3, null, newest), [
      { company: "a", ...amount(a) },
      { company: "b", ...amount(b) },
    ]);
  const isSame = (now: Measure) =>
    compareMeasures([side(1, 2)], { measures: [now], failed: [] }).compared.every(isSameMeasure);
  assert.equal(isSame(side(1, 2)), true);
  assert.equal(isSame(side(2, 1)), false);
  assert.equal(isSame(side(1, 2, "2026-01-02")), false);
});

Deno.test("what cannot be compared is named with its reason", () => {
  const now = {
    measures: [measure("nova"), { ...measure("mudou"), sql_sha256: "b".repeat(64) }],
    failed: [{ name: "quebrou", detail: "42P01: x" }, { name: "nova e quebrada", detail: "42P01: x" }],
  };
  assert.deepEqual(compareMeasures([measure("mudou"), measure("quebrou"), measure("saiu")], now), {
    compared: [],
    notCompared: [
      { name: "nova", why: "not_in_backup", detail: null },
      { name: "mudou", why: "changed", detail: null },
      { name: "quebrou", why: "failed", detail: "42P01: x" },
      { name: "nova e quebrada", why: "not_in_backup", detail: null },
      { name: "saiu", why: "not_defined", detail: null },
    ],
  });
  const none = compareMeasures(undefined, { measures: [], failed: [] });
  assert.deepEqual(none, { compared: [], notCompared: [] });
});

Deno.test("a stored measure has finite values alone", () => {
  const fits = (facts: object) => measureSchema.safeParse({ ...measure("x"), ...facts }).success;
  assert.equal(fits({ sum: "-1.50", newest: "2026-01-01T10:00:00.5-03:00" }), true);
  assert.equal(fits({ newest: "2026-01-01T10:00:00" }), true);
  for (const wrong of [{ sum: "NaN" }, { newest: "infinity" }, { n: 1.5 }, { n: -1 }]) {
    assert.equal(fits(wrong), false);
  }
});
