/** The shells that the local scripts support. */
import { execFileSync } from "node:child_process";
import process from "node:process";

/**
 * Each bash of this machine with a different version, by its version. macOS has 3.2 as /bin/bash; elsewhere
 * `BASH_3_2` names one.
 */
export function shells(): [version: string, path: string][] {
  const found = new Map<string, string>();
  for (const path of ["bash", "/bin/bash", process.env.BASH_3_2]) {
    if (path === undefined) continue;
    const version = execFileSync(path, ["-c", 'echo "${BASH_VERSION%%(*}"'], { encoding: "utf8" }).trim();
    if (!found.has(version)) found.set(version, path);
  }
  return [...found];
}
