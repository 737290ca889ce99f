import { expect, it } from "vitest";
import { createIntent } from "./intent.ts";

function counted() {
  let count = 0;
  return createIntent(() => `id-${++count}`);
}

it("keeps the id of an equal request until it is settled", () => {
  const intent = counted();
  expect(intent.idFor({ label: "a" })).toBe("id-1");
  expect(intent.idFor({ label: "a" })).toBe("id-1");
  intent.settle();
  expect(intent.idFor({ label: "a" })).toBe("id-2");
});

it("assigns another id to another request", () => {
  const intent = counted();
  intent.idFor({ label: "a" });
  expect(intent.idFor({ label: "b" })).toBe("id-2");
});
