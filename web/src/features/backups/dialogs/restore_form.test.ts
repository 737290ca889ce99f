import { describe, expect, it } from "vitest";
import { messageOf } from "@backup/messages.ts";
import { aPlan } from "../model/test_rows.ts";
import { missingForConfirmation, missingForReading, missingForRestore } from "./restore_form.ts";

const free = new Set<never>();
const fresh = { state: "fresh", leftMs: 1000 } as const;
const stale = { state: "stale" } as const;

describe("missingForRestore", () => {
  it("requires no confirmation for a safe target", () => {
    const form = { target: "dev", confirm: "", confirmSource: "", reason: "" } as const;
    expect(missingForRestore(form, "prod", { state: "none" }, free)).toBeNull();
    expect(missingForRestore(form, "prod", stale, free)).toBeNull();
  });

  it.each([
    ["", "", "Falta digitar RESTORE_PROD e escrever o motivo."],
    ["restore_prod", "teste", "Falta digitar RESTORE_PROD."],
    ["RESTORE_PROD", "  ", "Falta escrever o motivo."],
    ["RESTORE_PROD", "x.", "Falta escrever o motivo em palavras."],
    ["RESTORE_PROD", "teste", null],
  ])("for production with %j and %j says %j", (confirm, reason, missing) => {
    expect(missingForRestore({ target: "prod", confirm, confirmSource: "", reason }, "prod", fresh, free))
      .toBe(missing);
  });

  it("restores a backup of dev into production only by its name", () => {
    const form = { target: "prod", confirm: "RESTORE_PROD", confirmSource: "", reason: "teste" } as const;
    const missing = (changes: object) => missingForRestore({ ...form, ...changes }, "dev", fresh, free);
    expect(missing({})).toBe("Falta digitar dev.");
    expect(missing({ confirmSource: "prod", confirm: "", reason: "" })).toBe(
      "Falta digitar RESTORE_PROD, digitar dev e escrever o motivo.",
    );
    expect(missing({ confirmSource: "dev" })).toBeNull();
  });

  it("does not restore production on the basis of a stale simulation", () => {
    const form = { target: "prod", confirm: "RESTORE_PROD", confirmSource: "", reason: "teste" } as const;
    expect(missingForRestore(form, "prod", stale, free)).toContain("mais de 30 minutos");
  });

  it("refuses a busy target", () => {
    const form = { target: "dev", confirm: "", confirmSource: "", reason: "" } as const;
    expect(missingForRestore(form, "prod", fresh, new Set(["dev"] as const))).toBe(messageOf("busy"));
  });
});

describe("missingForReading", () => {
  it("requires the phrase for an unsigned backup alone", () => {
    expect(missingForReading({ is_unsigned: false }, "")).toBeNull();
    expect(missingForReading({ is_unsigned: true }, "sim")).toBe("Falta digitar SEM_ASSINATURA.");
    expect(missingForReading({ is_unsigned: true }, "SEM_ASSINATURA")).toBeNull();
  });
});

describe("missingForConfirmation", () => {
  it.each(["none", "running", "failed", "stale"] as const)(
    "refuses the confirmation for production when the simulation is %s",
    (state) => {
      expect(missingForConfirmation("prod", { state }, null, "")).not.toBeNull();
      expect(missingForConfirmation("dev", { state }, null, "")).toBeNull();
    },
  );

  it("allows the confirmation for production once the plan is shown", () => {
    expect(missingForConfirmation("prod", fresh, null, "")).not.toBeNull();
    expect(missingForConfirmation("prod", fresh, aPlan(), "")).toBeNull();
  });

  it("refuses the confirmation when the plan has an obstacle", () => {
    const plan = aPlan({ obstacles: [{ kind: "schema_only" }] });
    expect(missingForConfirmation("dev", fresh, plan, "")).toContain("impedimentos");
    expect(missingForConfirmation("dev", stale, plan, "")).toBeNull();
  });

  it("refuses the confirmation while the plan has other privileges than those chosen", () => {
    const access = (from: string | null) => ({
      ...{ from, roles: [], open: { total: 0, listed: [] }, closed: { total: 0, listed: [] } },
    });
    const plan = aPlan({ keepsTargetPrivileges: true, access: access(null) });
    expect(missingForConfirmation("dev", fresh, plan, "")).toBeNull();
    expect(missingForConfirmation("dev", fresh, plan, "revo/a")).toContain("Simule de novo");
    expect(missingForConfirmation("dev", fresh, { ...plan, access: access("revo/a") }, "revo/a")).toBeNull();
    expect(missingForConfirmation("dev", fresh, { ...plan, access: access("revo/a") }, "")).toContain(
      "sem copiar permissões",
    );
  });
});
