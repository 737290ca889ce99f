import { expect, test } from "vitest";
import { describeFailure, junitFailures } from "./failures.ts";

test("a failure is described by its test and the first line of its error", () => {
  expect(
    describeFailure({
      test: "a.test.ts: adds",
      error: "\n\u001b[31m  expected 1 to be 2\u001b[39m\nat a.ts",
    }),
  )
    .toBe("  a.test.ts: adds\n    expected 1 to be 2\n");
  expect(describeFailure({ test: "a.test.ts: adds", error: "" })).toContain("no message");
});

test("the failed tests of Deno are read from its report", () => {
  const report = `<testsuites name="deno test" tests="2" failures="1" errors="0" time="0.007">
    <testsuite name="a_test.ts" tests="2" disabled="0" errors="0" failures="1">
        <testcase name="good" classname="a_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="bad &quot;q&quot; &lt;x&gt;" classname="a_test.ts" time="0.015" line="2" col="6">
            <failure message="Uncaught Error: boom &amp; &lt;y&gt;
second line">Error: boom</failure>
        </testcase>
    </testsuite>
</testsuites>`;
  expect(junitFailures(report)).toEqual([
    { test: 'bad "q" <x>', error: "Uncaught Error: boom & <y>\nsecond line" },
  ]);
});
