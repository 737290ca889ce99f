/** Before `npm test`: installs the system's programs that the tests call. */
import process from "node:process";
import { installSystemPackages } from "../system_packages.ts";

await installSystemPackages(["postgresql", "isal", "chromium"], (line) => process.stdout.write(line + "\n"));
