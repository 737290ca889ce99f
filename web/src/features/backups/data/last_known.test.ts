import { expect, it } from "vitest";
import { repositoryOf } from "./last_known.ts";

it("takes the repository from a run's address, and from no other", () => {
  expect(repositoryOf("https://github.com/revo/erp/actions/runs/77")).toBe("https://github.com/revo/erp");
  expect(repositoryOf("https://github.com/revo/erp/pull/7")).toBeNull();
  expect(repositoryOf("javascript:alert(1)//a/b/c/actions/runs/1")).toBeNull();
  expect(repositoryOf(null)).toBeNull();
});
