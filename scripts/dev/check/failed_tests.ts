/** The last step of `npm test`: names every failed test of each runner again, as their own output is far above. */
import process from "node:process";
import { describeFailure, readFailures } from "./failures.ts";

for (const [runner, failures] of Object.entries(readFailures())) {
  if (failures?.length === 0) continue;
  process.exitCode = 1;
  const said = failures === null
    ? "ended before its tests did; its messages are above\n"
    : `${failures.length} failed\n${failures.map(describeFailure).join("")}`;
  process.stdout.write(`${runner}: ${said}`);
}
