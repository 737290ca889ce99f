/**
 * Cleans up after the process that started it: `node guardian.mjs FOLDER`, with a pipe as standard input whose other
 * end only the run's owner holds. The pipe closes when the owner ends, also after SIGKILL; the remains of its run are
 * then removed.
 */
import process from "node:process";
import { removeRun } from "./leftovers.mjs";

const folder = process.argv[2];
if (folder === undefined) throw new Error("Usage: guardian.mjs FOLDER");
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(signal, () => {});
process.stdin.on("error", () => {}); // the end follows
process.stdin.on("close", () => {
  removeRun(folder).then(() => process.exit(0));
});
process.stdin.resume();
