import process from "node:process";
import type { FullConfig, FullResult, Reporter, Suite, TestCase, TestError } from "@playwright/test/reporter";
import { type Failure, writeFailures } from "./failures.ts";

/** Keeps the failures for the end of `npm test`. Fails a run in which a test was skipped, and names these tests. */
export default class StrictReporter implements Reporter {
  #suite: Suite | null = null;
  /** Outside of the tests. */
  readonly #errors: Failure[] = [];

  onBegin(_config: FullConfig, suite: Suite): void {
    this.#suite = suite;
  }

  onError({ message = "no message" }: TestError): void {
    this.#errors.push({ test: "outside of the tests", error: message });
  }

  onEnd(): Promise<{ status: FullResult["status"] } | undefined> {
    const tests = this.#suite?.allTests() ?? [];
    const failed = tests.filter((test) => test.outcome() !== "expected");
    writeFailures("browser", [...this.#errors, ...failed.map(failureOf)]);
    const skipped = failed.filter((test) => test.outcome() === "skipped");
    if (skipped.length === 0) return Promise.resolve(undefined);
    const names = skipped.map((test) => `  ${nameOf(test)}\n`);
    process.stderr.write(`Skipped tests fail the run:\n${names.join("")}`);
    return Promise.resolve({ status: "failed" });
  }
}

function failureOf(test: TestCase): Failure {
  const error = test.results.find((result) => result.error)?.error?.message;
  return {
    test: nameOf(test),
    error: error ?? test.outcome(),
    ...(test.outcome() === "flaky" && { unstable: true }),
  };
}

function nameOf(test: TestCase): string {
  return test.titlePath().filter(Boolean).join(" › ");
}
