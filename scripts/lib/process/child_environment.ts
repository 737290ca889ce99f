/** What child processes get of this process's environment. */
import process from "node:process";

/** What finds programs and temporary files, and what is given; no secret of ours. */
export function childEnvironment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: "C.UTF-8", PSQLRC: "/dev/null", PGPASSFILE: "/dev/null" };
  for (const name of ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return { ...kept, ...env };
}
