import { expect, it } from "vitest";
import { noAnswerSentence } from "./no_answer.ts";

it("blames the reader's connection only when the browser is offline", () => {
  expect(noAnswerSentence(true)).toContain("ele pode estar fora do ar");
  expect(noAnswerSentence(false)).toContain("sem internet");
});
