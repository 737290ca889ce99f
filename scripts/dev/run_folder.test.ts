/** Nothing of a run remains, whichever of its processes is killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { isRunning, readRecord, startTimeOf } from "./leftovers.mjs";
import { openRunFolder } from "./run_folder.ts";

const MODULE = fileURLToPath(new URL("./run_folder.ts", import.meta.url));

/** A run with a registered group of two, a marked process that is not registered, and a file outside its folder. */
const OWNER = `
  import { spawn } from "node:child_process";
  import { tmpdir } from "node:os";
  import { openRunFolder } from ${JSON.stringify(MODULE)};
  const run = await openRunFolder(() => {});
  const start = (script, env) => spawn("sh", ["-c", script], { detached: true, stdio: "ignore", env: { PATH: process.env.PATH, ...env } });
  const group = start("sleep 600 & sleep 600", {});
  run.register(group.pid, "group");
  const unregistered = start("sleep 600; true", run.mark);
  const file = tmpdir() + "/revo-outside-" + process.pid;
  run.writeOutside(file, "SECRET=x");
  setTimeout(() => console.log(JSON.stringify({ folder: run.path, file, pids: [group.pid, unregistered.pid] })), 200);
  setInterval(() => {}, 1000);`;

interface Owner {
  child: ChildProcess;
  folder: string;
  /** Outside the folder, but part of the run. */
  file: string;
  pids: number[];
}

const owners: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of owners.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function startOwner(): Promise<Owner> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", OWNER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  owners.push(child);
  const [line] = await once(child.stdout, "data");
  const started = JSON.parse(String(line));
  folders.push(started.file);
  return { child, ...started };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

const alive = (pids: number[]) => pids.filter((pid) => startTimeOf(pid) !== null);

test("when the owner is killed its processes, folder and file are removed within five seconds", async () => {
  const { child, folder, file, pids } = await startOwner();
  expect(alive(pids)).toEqual(pids);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await kill(child);
  await expect.poll(() => [existsSync(folder), existsSync(file), ...alive(pids)], { timeout: 5_000 })
    .toEqual([false, false]);
});

test("a file that another run has written since is kept", async () => {
  const [first, second] = [await openRunFolder(() => {}), await openRunFolder(() => {})];
  const file = join(tmpdir(), `revo-outside-${process.pid}`);
  first.writeOutside(file, "RUN=first");
  second.writeOutside(file, "RUN=second");
  await first.remove();
  expect(readFileSync(file, "utf8")).toBe("RUN=second");
  await second.remove();
  expect(existsSync(file)).toBe(false);
});

test("when owner and guardian are killed the next run removes everything", async () => {
  const { child, folder, file, pids } = await startOwner();
  await killGuardianOf(folder);
  await kill(child);
  expect([existsSync(folder), existsSync(file), ...alive(pids)]).toEqual([true, true, ...pids]);
  const said: string[] = [];
  const next = await openRunFolder((line) => said.push(line));
  try {
    expect([existsSync(folder), existsSync(file), ...alive(pids)]).toEqual([false, false]);
    expect(said.join()).toContain(folder);
  } finally {
    await next.remove();
  }
});

test("an active run is left alone", async () => {
  const { folder, pids } = await startOwner();
  const next = await openRunFolder(() => {});
  await next.remove();
  expect([existsSync(folder), existsSync(next.path), ...alive(pids)]).toEqual([true, false, ...pids]);
});

test("a process that reuses a registered id is not touched", async () => {
  const run = await openRunFolder(() => {});
  const stranger = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  owners.push(stranger);
  run.register(stranger.pid ?? 0, "group");
  const record = readRecord(run.path);
  expect(record?.processes.map(isRunning)).toEqual([true]);
  expect(isRunning({ pid: stranger.pid ?? 0, started: "1" })).toBe(false);
  await run.remove();
  await expect.poll(() => alive([stranger.pid ?? 0])).toEqual([]);
});

test("what is registered after the end is removed", async () => {
  const run = await openRunFolder(() => {});
  await run.remove();
  const late = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  owners.push(late);
  expect(() => run.register(late.pid ?? 0, "group")).toThrow("The run is over");
  await expect.poll(() => alive([late.pid ?? 0])).toEqual([]);
});

test("the folder is readable by the owner only, and contains the temporary files", async () => {
  folders.push(mkdtempSync(join(tmpdir(), "unrelated-")));
  const run = await openRunFolder(() => {});
  expect(run.temporary.startsWith(run.path)).toBe(true);
  expect(readRecord(run.path)?.owner.pid).toBe(process.pid);
  await run.remove();
  expect(existsSync(folders[0] ?? "")).toBe(true);
});

async function killGuardianOf(folder: string): Promise<void> {
  const { execFileSync } = await import("node:child_process");
  const pid = Number(execFileSync("pgrep", ["-f", `guardian.mjs ${folder}`], { encoding: "utf8" }).trim());
  process.kill(pid, "SIGKILL");
  await expect.poll(() => startTimeOf(pid)).toBeNull();
}
