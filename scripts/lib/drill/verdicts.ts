import { type CheckResult, DRILL_CHECK_NAMES, type DrillCheck } from "@backup/vault/receipt.ts";
import { type Answer, skipped } from "./check.ts";

/** The verdicts of one drill while they come in. */
export class Verdicts {
  readonly #results = new Map<string, CheckResult>();

  set(name: DrillCheck, answer: Answer, seconds = 0): void {
    this.add([{ name, ...answer, seconds: answer.seconds ?? seconds }]);
  }

  add(results: readonly CheckResult[]): void {
    for (const result of results) this.#results.set(result.name, result);
  }

  /** The first of `names` that failed. */
  failedOf(names: readonly DrillCheck[]): DrillCheck | undefined {
    return names.find((name) => this.#results.get(name)?.verdict === "FAIL");
  }

  /** Every check in the order of the list; one without a verdict was skipped for the failure of another. */
  all(): CheckResult[] {
    const cause = this.failedOf(DRILL_CHECK_NAMES.filter((name) => name !== "freshness"));
    return DRILL_CHECK_NAMES.map((name) =>
      this.#results.get(name) ?? { name, ...skipped(`not restored: ${cause} failed`), seconds: 0 }
    );
  }
}
