import process from "node:process";
import type { Reporter, TestModule } from "vitest/node";

/** Fails a run in which a test was skipped, and names these tests. Not for runs with `-t`, which skip the others. */
export default class StrictReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    if (skipped.length === 0) return;
    const names = skipped.map((test) => `  ${test.module.relativeModuleId}: ${test.fullName}\n`);
    process.stderr.write(`Skipped tests fail the run:\n${names.join("")}`);
    process.exitCode = 1;
  }
}
