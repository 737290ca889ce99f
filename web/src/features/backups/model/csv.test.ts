import { expect, it } from "vitest";
import { csvCell, csvText } from "./csv.ts";

it("quotes every cell and doubles quotes", () => {
  expect(csvText(["quem", "o que"], [["ana", 'diz "sim"; não'], [null, "a\nb"]])).toBe(
    '\ufeff"quem";"o que"\r\n"ana";"diz ""sim""; não"\r\n"";"a\nb"\r\n',
  );
});

it("leaves no formula to a spreadsheet", () => {
  for (const formula of ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"]) {
    expect(csvCell(formula), formula).toBe(`"'${formula}"`);
  }
  expect(csvCell("a=1")).toBe('"a=1"');
});
