import { type CheckResult, DRILL_CHECK_NAMES, type DrillCheck } from "@backup/vault/receipt.ts";
import { type CheckOutcome, skipped } from "./check.ts";

/** Collects the verdicts of one drill. */
export class Verdicts {
  readonly #results = new Map<string, CheckResult>();

  set(name: DrillCheck, outcome: CheckOutcome, seconds = 0): void {
    this.add([{ name, ...outcome, seconds: outcome.seconds ?? seconds }]);
  }

  add(results: readonly CheckResult[]): void {
    for (const result of results) this.#results.set(result.name, result);
  }

  /** The first of `names` that failed. */
  failedOf(names: readonly DrillCheck[]): DrillCheck | undefined {
    return names.find((name) => this.#results.get(name)?.verdict === "FAIL");
  }

  /** Every check in the order of the list; one without a verdict counts as skipped because of the one that failed. */
  all(): CheckResult[] {
    const cause = this.failedOf(DRILL_CHECK_NAMES.filter((name) => name !== "freshness"));
    return DRILL_CHECK_NAMES.map((name) =>
      this.#results.get(name) ?? { name, ...skipped(`not restored: ${cause} failed`), seconds: 0 }
    );
  }
}
