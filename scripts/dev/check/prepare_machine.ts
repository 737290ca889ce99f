/** Before `npm test`: installs the system's programs that the tests call, and forgets the failures of an earlier run. */
import process from "node:process";
import { installSystemPackages } from "../system_packages.ts";
import { forgetFailures } from "./failures.ts";

forgetFailures();
await installSystemPackages(
  ["postgresql", "isal", "age", "chromium"],
  (line) => process.stdout.write(line + "\n"),
);
