/** `npm start`'s life, from its launcher on. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import process from "node:process";
import { afterEach, expect, test } from "vitest";
import { ROOT } from "./root.ts";
import { readRecord, startTimeOf } from "./leftovers.mjs";

const UP = "\nready";
const launchers: ChildProcess[] = [];

afterEach(() => {
  for (const child of launchers.splice(0)) child.kill("SIGTERM");
});

function launch(...args: string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, ["scripts/dev/setup.mjs", "scripts/dev/start.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  launchers.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Uint8Array) => said += String(chunk));
  }
  return { child, said: () => said };
}

async function launchUntilUp(...args: string[]) {
  const { child, said } = launch("--rows", "1000", ...args);
  await expect.poll(said, { timeout: 110_000 }).toContain(UP);
  const folder = /^ +Logs +(.*)\/logs$/m.exec(said())?.[1] ?? "";
  const record = readRecord(folder);
  if (record === null) throw new Error(`no run in ${folder}`);
  return { child, said, folder, owner: record.owner.pid, pids: record.processes.map(({ pid }) => pid) };
}

const alive = (pids: number[]) => pids.filter((pid) => startTimeOf(pid) !== null);

test("unknown and wrong options are refused with the usage, before anything starts", async () => {
  for (const args of [["--foo"], ["--rows", "many"], ["--rows", "5"], ["extra"]]) {
    const { child, said } = launch(...args);
    const [code] = await once(child, "close");
    expect(code).toBe(2);
    expect(said()).toContain("Usage: npm start");
  }
});

test("it says where the screen is and who signs in; one SIGINT stops all in order, of npm run dev too", async () => {
  const { child, said, folder, pids } = await launchUntilUp("--watch");
  const screen = /Screen +(\S+)/.exec(said())?.[1] ?? "";
  expect((await fetch(screen)).status).toBe(200);
  expect(said()).toMatch(/Sign in +\S+@\S+\s+Password +\S+/);
  expect(alive(pids)).toEqual(pids);
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect([code, existsSync(folder), ...alive(pids)]).toEqual([0, false]);
});

test("SIGKILL of the main leaves nothing after five seconds, and the launcher ends the same way", async () => {
  const { child, folder, owner, pids } = await launchUntilUp();
  const ended = once(child, "close");
  process.kill(owner, "SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  await expect.poll(() => [existsSync(folder), ...alive(pids)], { timeout: 5_000 }).toEqual([false]);
});

test("SIGKILL of the launcher, while the stack starts, stops all as well", async () => {
  const { child, said } = launch("--rows", "1000");
  await expect.poll(said, { timeout: 110_000 }).toContain("PostgreSQL");
  child.kill("SIGKILL");
  await expect.poll(said).toContain("SIGTERM: stopping");
  await once(child, "close"); // the main held its output open
  expect(said()).not.toContain(UP);
});
