import { expect, it } from "vitest";
import { labelInFile, labelProblem } from "./label_problem.ts";

it.each(["", "   ", "antes-da-migracao", "v1.2_final", "com espaco", "migração", "x".repeat(40)])(
  "allows %j",
  (label) => {
    expect(labelProblem(label)).toBeNull();
  },
);

it.each([
  ["não/sim?", "Estes caracteres não são permitidos: “/”, “?”."],
  ["a/b/c", "O caractere “/” não é permitido."],
  ["x".repeat(41), "São no máximo 40 caracteres; aqui há 41."],
])("names the problem of %j", (label, problem) => expect(labelProblem(label)).toBe(problem));

it("returns the label as written into the file name", () => {
  expect(labelInFile(" antes  da virada ")).toBe("antes_da_virada");
  expect(labelInFile("antes da migração")).toBe("antes_da_migracao");
  expect(labelInFile("ø")).toBeNull();
  expect(labelInFile("")).toBeNull();
});
