import process from "node:process";
import type { FullConfig, FullResult, Reporter, Suite } from "@playwright/test/reporter";

/** Fails a run in which a test was skipped or passed only when repeated, and names these tests. */
export default class StrictReporter implements Reporter {
  #suite: Suite | null = null;

  onBegin(_config: FullConfig, suite: Suite): void {
    this.#suite = suite;
  }

  onEnd(): Promise<{ status: FullResult["status"] } | undefined> {
    const loose = this.#suite?.allTests().filter((test) => ["skipped", "flaky"].includes(test.outcome())) ??
      [];
    if (loose.length === 0) return Promise.resolve(undefined);
    const names = loose.map((test) => `  ${test.outcome()}: ${test.titlePath().join(" › ")}\n`);
    process.stderr.write(`Skipped and flaky tests fail the run:\n${names.join("")}`);
    return Promise.resolve({ status: "failed" });
  }
}
