import process from "node:process";
import type { Reporter, TestModule } from "vitest/node";
import { type Failure, writeFailures } from "./failures.ts";

/** As vitest hands them to a reporter: `SerializedError` has no export. */
type Errors = readonly { message: string }[];

/**
 * Keeps the failures for the end of `npm test`. Fails a run in which a test was skipped, and names these tests. Not for
 * runs with `-t`, which skip the others.
 */
export default class StrictReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: Errors): void {
    writeFailures("vitest", [
      ...modules.flatMap(failuresOf),
      ...errors.map(({ message }) => ({ test: "outside of the tests", error: message })),
    ]);
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    if (skipped.length === 0) return;
    const names = skipped.map((test) => `  ${test.module.relativeModuleId}: ${test.fullName}\n`);
    process.stderr.write(`Skipped tests fail the run:\n${names.join("")}`);
    process.exitCode = 1;
  }
}

/** Of its imports, hooks and tests. Where a hook failed, its tests count as skipped and are not listed. */
function failuresOf(module: TestModule): Failure[] {
  const failure = (name: string) => ({ message }: { message: string }): Failure => ({
    test: `${module.relativeModuleId}: ${name}`,
    error: message,
  });
  const { children } = module;
  const hooks = [
    ...module.errors().map(failure("the file")),
    ...[...children.allSuites()].flatMap((suite) => suite.errors().map(failure(suite.fullName))),
  ];
  const skipped = hooks.length > 0 ? [] : [...children.allTests("skipped")];
  return [
    ...hooks,
    ...[...children.allTests("failed")].flatMap((test) =>
      (test.result().errors ?? []).slice(0, 1).map(failure(test.fullName))
    ),
    ...[...children.allTests("passed")].filter((test) => test.diagnostic()?.flaky).flatMap((test) =>
      (test.result().errors ?? []).slice(0, 1).map(failure(test.fullName)).map((one) => ({
        ...one,
        unstable: true as const,
      }))
    ),
    ...skipped.map((test) => failure(test.fullName)({ message: "skipped" })),
  ];
}
