import { expect, test } from "vitest";
import { quickTests } from "./quick_tests.ts";

test("quick tests use no server and start no program", () => {
  const quick = quickTests();
  expect(quick).toContain("scripts/dev/check/quick_tests.test.ts");
  expect(quick).toContain("scripts/tests/layers.test.ts");
  expect(quick).toContain("web/src/lib/day.test.ts");
  for (
    const slow of [
      "scripts/dev/stack.test.ts", // the whole stack
      "scripts/tests/engine.test.ts", // a server, through a fixture
      "supabase/tests/runs.test.ts", // a server, through another
      "scripts/dev/start.test.ts", // starts a program
      "web/src/first_view.test.ts", // a build
    ]
  ) expect(quick).not.toContain(slow);
});
