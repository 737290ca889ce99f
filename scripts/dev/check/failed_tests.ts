/**
 * The last step of `npm test`: names every failed test of each runner again, as their own output is far above. A test that
 * passed only when it was repeated is named too and does not fail the run: servers and browsers share a noisy machine.
 */
import process from "node:process";
import { describeFailure, readFailures } from "./failures.ts";

for (const [runner, failures] of Object.entries(readFailures())) {
  if (failures === null) report(`${runner}: ended before its tests did; its messages are above\n`);
  const failed = failures?.filter(({ unstable }) => !unstable) ?? [];
  if (failed.length > 0) {
    report(`${runner}: ${failed.length} failed\n${failed.map(describeFailure).join("")}`);
  }
  const unstable = failures?.filter((failure) => failure.unstable) ?? [];
  if (unstable.length > 0) {
    const list = unstable.map(describeFailure).join("");
    process.stdout.write(`${runner}: ${unstable.length} passed only when repeated\n${list}`);
  }
}

function report(failure: string): void {
  process.exitCode = 1;
  process.stdout.write(failure);
}
