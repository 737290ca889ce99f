import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const LINES = 400;
/** Writes numbers, the even ones to standard output and the odd ones to standard error. */
const WRITER = `
  const { stdout, stderr } = await import("${join(ROOT, "scripts/lib/run/standard_streams.ts")}");
  for (let n = 0; n < ${LINES}; n++) (n % 2 === 0 ? stdout : stderr).write(n + "\\n");
  await stdout.flush(5000);
  await stderr.flush(5000);`;

const RUNTIMES = {
  node: [process.execPath, "--import", "tsx", "--input-type=module", "-e", WRITER],
  deno: [join(ROOT, "node_modules/.bin/deno"), "eval", WRITER],
} as const;

test.each(["node", "deno"] as const)(
  "lines of both streams keep their order in one pipe of %s",
  async (runtime) => {
    const args = ["-c", '"$@" 2>&1', "sh", ...RUNTIMES[runtime]];
    const { stdout } = await promisify(execFile)("sh", args, { cwd: ROOT });
    expect(stdout.trim().split("\n").map(Number)).toEqual([...Array(LINES).keys()]);
  },
  30_000,
);
