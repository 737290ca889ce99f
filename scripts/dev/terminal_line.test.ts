import { expect, test } from "vitest";
import { terminalLine } from "./terminal_line.ts";

test("a plan's text for programs is left out, and a long line is cut", () => {
  expect(terminalLine("db-restore-from-r2.yml: PLAN_JSON={}")).toBeNull();
  expect(terminalLine("PLAN_JSON={}")).toBeNull();
  expect(terminalLine("db-backup.yml: [   0.5 s] connect")).toBe("db-backup.yml: [   0.5 s] connect");
  expect(terminalLine("x".repeat(1000))).toBe(`${"x".repeat(400)}… (1000 characters)`);
});
