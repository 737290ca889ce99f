import { expect, it } from "vitest";
import { accessOf } from "./access.ts";

it("is closed to who may not look", () => {
  expect(accessOf({ view: false, manage: true, empresa: true })).toEqual({ state: "closed", empresa: true });
  expect(accessOf({ view: false, manage: false, empresa: false })).toEqual({
    state: "closed",
    empresa: false,
  });
});

it("says what keeps one from starting something", () => {
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
