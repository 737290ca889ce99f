/** Nothing of a run remains, whichever of its processes is killed. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { openRunFolder } from "./run_folder.ts";

const MODULE = fileURLToPath(new URL("./run_folder.ts", import.meta.url));

/** A run with a group of two, a marked process that it does not own, and a file outside its folder. */
const OWNER = `
  import { spawn } from "node:child_process";
  import { tmpdir } from "node:os";
  import { openRunFolder } from ${JSON.stringify(MODULE)};
  const run = await openRunFolder(() => {});
  const start = (script, env) => spawn("sh", ["-c", script], { detached: true, stdio: "ignore", env: { PATH: process.env.PATH, ...env } });
  const group = start("sleep 600 & sleep 600", run.mark);
  run.own(group);
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

const children: ChildProcess[] = [];
const paths: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const path of paths.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function startOwner(): Promise<Owner> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", OWNER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [line] = await once(child.stdout, "data");
  const started = JSON.parse(String(line));
  paths.push(started.file);
  return { child, ...started };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** What is left of a run: folder and file, then its processes. */
function left({ folder, file, pids }: Omit<Owner, "child">): unknown[] {
  return [existsSync(folder), existsSync(file), ...pids.filter(isAlive)];
}

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("when the owner is killed its processes, folder and file are removed within five seconds", async () => {
  const owner = await startOwner();
  expect(left(owner)).toEqual([true, true, ...owner.pids]);
  expect(statSync(owner.file).mode & 0o777).toBe(0o600);
  expect(statSync(owner.folder).mode & 0o066).toBe(0);
  await kill(owner.child);
  await expect.poll(() => left(owner), { timeout: 5_000 }).toEqual([false, false]);
});

test("a file that another run has written since is kept", async () => {
  const [first, second] = [await openRunFolder(() => {}), await openRunFolder(() => {})];
  const file = join(tmpdir(), `revo-outside-${process.pid} x`);
  first.writeOutside(file, "RUN=first");
  second.writeOutside(file, "RUN=second");
  await first.remove();
  expect(readFileSync(file, "utf8")).toBe("RUN=second");
  await second.remove();
  expect(existsSync(file)).toBe(false);
});

test("when owner and guard are killed the next run removes everything", async () => {
  const owner = await startOwner();
  const children = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(owner.child.pid)]).toString()
    .split("\n");
  const guard = children.find((line) => line.includes("remove_folder"))?.trim().split(" ")[0];
  process.kill(Number(guard), "SIGKILL");
  await kill(owner.child);
  expect(left(owner)).toEqual([true, true, ...owner.pids]);
  const said: string[] = [];
  const next = await openRunFolder((line) => said.push(line));
  try {
    await expect.poll(() => left(owner)).toEqual([false, false]);
    expect(said.join()).toContain(owner.folder);
  } finally {
    await next.remove();
  }
});

test("an active run is left alone", async () => {
  const owner = await startOwner();
  const next = await openRunFolder(() => {});
  expect(next.temporary.startsWith(next.path)).toBe(true);
  await next.remove();
  expect(existsSync(next.path)).toBe(false);
  expect(left(owner)).toEqual([true, true, ...owner.pids]);
});

test("a process that ends takes along what it started, and one that starts after the end is ended", async () => {
  const run = await openRunFolder(() => {});
  const start = (script: string) => {
    const child = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    children.push(child);
    return child;
  };
  const parent = start("sleep 600 & echo $!");
  run.own(parent);
  const [line] = await once(parent.stdout, "data");
  await expect.poll(() => isAlive(Number(line))).toBe(false);
  await run.remove();
  const late = start("sleep 600");
  expect(() => run.own(late)).toThrow("The run is over");
  expect(() => run.writeOutside(join(tmpdir(), "x"), "")).toThrow("The run is over");
  await expect.poll(() => isAlive(late.pid ?? 0)).toBe(false);
});
