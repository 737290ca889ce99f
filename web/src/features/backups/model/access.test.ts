import { expect, it } from "vitest";
import { accessOf } from "./access.ts";

it("is closed without ops:view", () => {
  expect(accessOf({ view: false, manage: true, empresa: true })).toEqual({ state: "closed", empresa: true });
  expect(accessOf({ view: false, manage: false, empresa: false })).toEqual({
    state: "closed",
    empresa: false,
  });
});

it("gives the reason why the user may not start runs", () => {
  expect(accessOf({ view: true, manage: true, empresa: true })).toEqual({
    state: "open",
    disabledReason: null,
  });
  expect(accessOf({ view: true, manage: false, empresa: true })).toMatchObject({
    disabledReason: expect.stringContaining("ops:manage"),
  });
  expect(accessOf({ view: true, manage: true, empresa: false })).toMatchObject({
    disabledReason: expect.stringContaining("Nenhuma empresa ativa"),
  });
});
