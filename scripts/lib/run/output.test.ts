import { expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { Output, type OutputOptions, progressOn } from "./output.ts";

/** An output whose text is kept. */
function kept(options: Partial<OutputOptions> & { isTTY?: boolean } = {}) {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    write: (text: string) => void (written[name] += text),
    isTTY: options.isTTY,
    columns: 0, // as some terminals report
  });
  const deps = {
    json: false,
    progress: true,
    now: () => 0,
    stdout: sink("stdout"),
    stderr: sink("stderr"),
  };
  return { written, output: new Output({ ...deps, ...options }) };
}

const run = {
  kind: "backup",
  target: "prod",
  request_id: "00000000-0000-4000-8000-000000000001",
  status: "succeeded",
  r2_key: "k",
  error_code: null,
  error_message: null,
  result: { bytes: 1 },
} as const;

test("people read lines on standard output and errors on standard error", async () => {
  const { output, written } = kept();
  output.print("done");
  output.printForLog("PLAN_JSON={}");
  output.printError("failed");
  output.addRun(run);
  output.setResult({});
  await output.conclude(null, 0);
  expect(written).toEqual({ stdout: "done\nPLAN_JSON={}\n", stderr: "failed\n" });
});

test("programs find one object as the last line of standard output, for failures too", async () => {
  const { output, written } = kept({ json: true });
  output.print("dump");
  output.printForLog("PLAN_JSON={}");
  output.addRun(run);
  output.setResult({ checks: [] });
  const error = new BackupError("drill_failed", "It failed", { hint: "Look.", details: { n: 1 } });
  await output.conclude(error.inPhase("assert"), 1);
  expect(written.stderr).toBe("dump\n");
  expect(JSON.parse(written.stdout)).toEqual({
    ok: false,
    exit_code: 1,
    error: { code: "drill_failed", phase: "assert", message: "It failed", hint: "Look.", details: { n: 1 } },
    result: { checks: [] },
    runs: [run],
  });
  expect(written.stdout.trimEnd()).not.toContain("\n");
});

test("a terminal sees a bar, which makes room for every line, and no line for programs", async () => {
  const { output, written } = kept({ isTTY: true });
  const progress = progressOn(output);
  progress.phase("read");
  progress.bytes(5e6, 10e6);
  output.print("a fact");
  output.printForLog("PLAN_JSON={}");
  progress.bytes(10e6, 10e6);
  await output.conclude(null, 0);
  expect(written.stdout).toBe("read\na fact\n");
  expect(written.stderr.split("\r\x1b[K")).toEqual([
    "",
    "read [##########----------] 50 %, 5.0 of 10.0 MB",
    "",
    "read [####################] 100 %, 10.0 of 10.0 MB",
    "",
  ]);
});

test("no progress is shown where none is wanted", () => {
  const { output, written } = kept({ isTTY: true, progress: false });
  progressOn(output).bytes(5, 10);
  expect(written).toEqual({ stdout: "", stderr: "" });
});
