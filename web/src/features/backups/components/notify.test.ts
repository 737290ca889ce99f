import { afterEach, expect, it, vi } from "vitest";
import { showNotification } from "./notify.ts";

afterEach(() => vi.unstubAllGlobals());

const MESSAGE = { tone: "success", title: "O backup da produção foi concluído" } as const;

it("shows nothing and does not fail where pages may not show notifications, as in Chrome on Android", () => {
  vi.stubGlobal("Notification", function () {
    throw new TypeError("Failed to construct 'Notification': Illegal constructor.");
  });
  expect(() => showNotification(MESSAGE)).not.toThrow();
});

it("does not hide another failure", () => {
  vi.stubGlobal("Notification", function () {
    throw new RangeError("wrong");
  });
  expect(() => showNotification(MESSAGE)).toThrow("wrong");
});
