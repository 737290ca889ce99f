import { expect, it } from "vitest";
import type { Run } from "@backup/runs/run.ts";
import { aRun } from "./test_rows.ts";
import { undoableRestores } from "./undoable.ts";

const restore = (facts: Partial<Run> = {}) =>
  aRun({ kind: "restore", target: "dev", status: "succeeded", result: { safety_key: "k" }, ...facts });
const ids = (runs: Run[]) => runs.map(({ request_id }) => request_id);

it("the last three restores of each target can be undone", () => {
  const dev = [restore(), restore(), restore(), restore()];
  const prod = restore({ target: "prod" });
  expect([...undoableRestores([...dev, prod])]).toEqual(ids([...dev.slice(0, 3), prod]));
});

it("a restore that changed nothing or left no safety copy cannot be undone", () => {
  const copyless = restore({ result: { safety_key: null } });
  const [failed, backup] = [restore({ status: "failed" }), restore({ kind: "backup" })];
  const older = [restore(), restore(), restore()];
  expect([...undoableRestores([failed, backup, copyless, ...older])]).toEqual(ids(older.slice(0, 2)));
});
