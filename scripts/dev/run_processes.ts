/** The processes of a run of the stack, for tests: as the system lists them, not as the run does. */
import { readdirSync, readFileSync } from "node:fs";
import { FOLDER_MARK } from "../lib/process/leftovers.ts";

/** Processes with the run's mark or with its folder among their arguments, without zombies. Linux. */
export function processesOf(folder: string): number[] {
  return readdirSync("/proc").map(Number).filter((pid) => {
    const words = (file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
    try {
      return words("environ").includes(`${FOLDER_MARK}=${folder}`) ||
        words("cmdline").some((word) => word.startsWith(folder));
    } catch {
      return false; // ended, or not a process
    }
  });
}
