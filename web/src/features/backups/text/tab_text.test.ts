import { expect, it } from "vitest";
import { aRun } from "../model/test_rows.ts";
import { tabState } from "./tab_text.ts";

const half = { bytes_done: 5, bytes_expected: 10 };

it("names the active run with its progress, then the end, then nothing", () => {
  const ended = aRun({ status: "failed" });
  expect(tabState([ended, aRun({ status: "running", ...half })]))
    .toEqual({ title: "50% Backup da produção", tone: "running" });
  expect(tabState([aRun({ status: "queued" })])).toEqual({ title: "… Backup da produção", tone: "running" });
  expect(tabState([ended])).toEqual({ title: "Falhou: Backup da produção", tone: "bad" });
  expect(tabState([aRun({ status: "succeeded" })]).tone).toBe("ok");
  expect(tabState([])).toEqual({ title: null, tone: null });
});
