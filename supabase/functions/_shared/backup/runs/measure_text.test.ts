import assert from "node:assert/strict";
import { type ComparedMeasure } from "../vault/measures.ts";
import { measuredText, measureLines, moneyText, newestText, notComparedLines } from "./measure_text.ts";

const when = (instant: string) => `<${instant}>`;
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const compared = (facts: Partial<ComparedMeasure>): ComparedMeasure => ({
  name: "pedidos",
  backup: { n: 100, sum: "10.00", newest: null },
  target: { n: 100, sum: "10.00", newest: null },
  n: 0,
  sum: "0.00",
  companies: { total: 0, listed: [] },
  ...facts,
});
const lines = (facts: Partial<ComparedMeasure>) =>
  measureLines({ compared: [compared(facts)], notCompared: [] }, when)
    .map(({ tone, text, companies }) => [tone, plain(text), ...companies.map(plain)]);

Deno.test("money is in reais, to the cent, whatever its size", () => {
  assert.deepEqual(
    ["0", "0.5", "-48210.00", "1234567890123456789.01", "-0.001"].map((it) => plain(moneyText(it))),
    ["R$ 0,00", "R$ 0,50", "R$ −48.210,00", "R$ 1.234.567.890.123.456.789,01", "R$ −0,001"],
  );
});

Deno.test("a day stays that day, and a time without a zone that time", () => {
  assert.equal(newestText("2026-11-30", when), "30/11/2026");
  assert.equal(newestText("2026-11-30T23:30:00.123", when), "30/11/2026 23:30");
  assert.equal(newestText("2026-11-30T14:02:00.5+00:00", when), "<2026-11-30T14:02:00.5+00:00>");
  assert.equal(
    plain(measuredText({ n: 1204, sum: "48210.00", newest: "2026-11-30" }, when)),
    "1.204, R$ 48.210,00, o mais novo de 30/11/2026",
  );
});

Deno.test("a loss says how many, how much, and how new", () => {
  const target = { n: 137, sum: "48220.00", newest: "2026-11-30T14:02:00+00:00" };
  const change = { n: -37, sum: "-48210.00" };
  const listed = [{ company: "7f", ...change }, { company: null, n: 1, sum: null }];
  assert.deepEqual(lines({ target, ...change, companies: { total: 2, listed } }), [[
    "loss",
    "−37, R$ −48.210,00, o mais novo que se perde é de <2026-11-30T14:02:00+00:00>",
    "empresa 7f: −37, R$ −48.210,00",
    "sem empresa: +1",
  ]]);
  assert.deepEqual(lines({ ...change, companies: { total: 40, listed: [] } }), [
    ["loss", "−37, R$ −48.210,00, em 40 empresas"],
  ]);
});

Deno.test("a gain, a gain in number that loses money, one company's loss, and no change", () => {
  assert.deepEqual(lines({ n: 1204, sum: "0.50" }), [["gain", "+1.204, R$ +0,50"]]);
  assert.equal(lines({ n: 2, sum: "-0.50" })[0]?.[0], "loss");
  const listed = [{ company: "a", n: -1, sum: null }, { company: "b", n: 1, sum: null }];
  assert.equal(lines({ sum: null, companies: { total: 2, listed } })[0]?.[0], "loss");
  assert.deepEqual(lines({}), [["same", "nada muda"]]);
});

Deno.test("an older backup is said in one sentence, other reasons by measure", () => {
  const missing = { name: "pedidos", why: "not_in_backup", detail: null } as const;
  assert.deepEqual(
    notComparedLines({ compared: [], notCompared: [missing, { ...missing, name: "notas" }] }),
    [
      "Este backup não traz as medidas do negócio (pedidos, notas): não dá para dizer quanto se perderia delas.",
    ],
  );
  const failed = { name: "notas", why: "failed", detail: "42P01: x" } as const;
  assert.deepEqual(notComparedLines({ compared: [], notCompared: [missing, failed] }), [
    "pedidos: este backup não a tem",
    "notas: não foi possível calculá-la no banco de hoje (42P01: x)",
  ]);
  assert.deepEqual(notComparedLines({ compared: [], notCompared: [] }), []);
});
