import { expect, it } from "vitest";
import { messageOf } from "../../../../../supabase/functions/_shared/backup/messages.ts";
import { missingForRestore } from "./restore_form.ts";

const free = new Set<never>();

it("asks nothing more for a safe target", () => {
  expect(missingForRestore({ target: "dev", confirm: "", reason: "" }, free)).toBeNull();
});

it.each([
  ["", "", "Falta digitar RESTORE_PROD e escrever o motivo."],
  ["restore_prod", "teste", "Falta digitar RESTORE_PROD."],
  ["RESTORE_PROD", "  ", "Falta escrever o motivo."],
  ["RESTORE_PROD", "teste", null],
])("for production with %j and %j says %j", (confirm, reason, missing) => {
  expect(missingForRestore({ target: "prod", confirm, reason }, free)).toBe(missing);
});

it("waits for a busy target", () => {
  expect(missingForRestore({ target: "dev", confirm: "", reason: "" }, new Set(["dev"] as const))).toBe(
    messageOf("busy"),
  );
});
