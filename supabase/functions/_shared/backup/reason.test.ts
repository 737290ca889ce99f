import assert from "node:assert/strict";
import { isReason } from "./reason.ts";

Deno.test("isReason() needs three letters of any alphabet", () => {
  for (const text of ["fim", "é só", "Volta ao fechamento 12/2026", "修正版"]) {
    assert.ok(isReason(text), text);
  }
  for (const text of [null, undefined, "", "x", "ok", "...", "12345", "a b"]) {
    assert.ok(!isReason(text), String(text));
  }
});
