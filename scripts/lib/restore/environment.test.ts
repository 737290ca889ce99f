import { expect, test } from "vitest";
import { NEWEST } from "./privilege_source.ts";
import { privilegesFrom, restoreEnvironment } from "./environment.ts";

test("a restore takes the newest backup's privileges as its plan found it", () => {
  const access = { roles: [], open: { total: 0, listed: [] }, closed: { total: 0, listed: [] } };
  const plan = (from: string | null) => ({ access: { ...access, from } });
  expect(privilegesFrom({ PRIVILEGES_FROM: NEWEST }, plan("revo/a"))).toBe("revo/a");
  expect(privilegesFrom({ PRIVILEGES_FROM: NEWEST }, plan(null))).toBe(NEWEST);
  expect(privilegesFrom({ PRIVILEGES_FROM: NEWEST }, null)).toBe(NEWEST);
  expect(privilegesFrom({ PRIVILEGES_FROM: "revo/b" }, plan("revo/a"))).toBe("revo/b");
  expect(privilegesFrom({ PRIVILEGES_FROM: undefined }, plan("revo/a"))).toBeNull();
  const read = restoreEnvironment.shape.PRIVILEGES_FROM;
  expect(["none", "", "revo/b"].map((text) => read.parse(text))).toEqual([undefined, undefined, "revo/b"]);
});
