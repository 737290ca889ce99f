/** `npm run release -- seal`: adds the hashes of the new migrations to supabase/released.json, under package.json's version. */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { EXIT } from "../../lib/run/exit_code.ts";
import { TOOL_VERSION } from "../../lib/run/tool_version.ts";
import {
  migrationFaults,
  readMigrationHashes,
  readReleased,
  RELEASED_FILE,
  unreleased,
} from "./migrations.ts";

if (process.argv.slice(2).join() !== "seal") {
  process.stderr.write("Usage: npm run release -- seal\n");
  process.exit(EXIT.badInput);
}
const [released, current] = [await readReleased(), await readMigrationHashes()];
const faults = [
  ...migrationFaults(released, current),
  ...(TOOL_VERSION in released ? [`${TOOL_VERSION} is sealed already: raise the version first`] : []),
];
if (faults.length > 0) {
  process.stderr.write(faults.map((fault) => `${fault}\n`).join(""));
  process.exit(EXIT.failed);
}
const sealed = { ...released, [TOOL_VERSION]: { migrations: unreleased(released, current) } };
await writeFile(RELEASED_FILE, JSON.stringify(sealed, null, 2) + "\n");
process.stdout.write(`${TOOL_VERSION} is sealed.\n`);
