/** External ends of a run: cancelling, stopping, and the death of the process. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { dispatch, OWNER, REPO, startForTest, until, waitForRun, workflowOf } from "../test_github.ts";

const where = { owner: OWNER, repo: REPO };
const start = startForTest();

/** Starts a local GitHub and a run, and continues until it is killed. */
const HOST = `
  const [server, folder] = process.argv.slice(2);
  const { startGitHub } = await import(server);
  const options = { workspace: folder, tempFolder: folder, repository: "o/r", token: "t", secrets: {}, log() {} };
  const { url } = await startGitHub({ port: 0, ...options });
  const path = "/repos/o/r/actions/workflows/a.yml/dispatches";
  const body = JSON.stringify({ ref: "main" });
  await fetch(url + path, { method: "POST", headers: { authorization: "Bearer t" }, body });
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("cancelling", () => {
  /** The script creates the file `ready` once its traps are set. */
  async function cancel(steps: string) {
    const test = await start({ "a.yml": workflowOf(steps) });
    const run_id = await dispatch(test, "a.yml");
    await until(() => existsSync(join(test.workspace, "ready")));
    const from = Date.now();
    await test.octokit.rest.actions.cancelWorkflowRun({ ...where, run_id });
    const ended = await waitForRun(test, run_id);
    return { ...ended, seconds: (Date.now() - from) / 1000 };
  }

  it("interrupts the script, which may clean up, and skips all other steps but always() and cancelled()", async () => {
    const ended = await cancel(`
- {name: work, run: "trap 'echo tidied; exit 0' INT; >ready; sleep 60 & wait"}
- {name: next, run: echo}
- {name: failed, if: failure(), run: echo}
- {name: always, if: always(), run: echo}
- {name: cancelled, if: cancelled(), run: echo}`);
    expect(ended.conclusion).toBe("cancelled");
    expect(ended.log).toContain(" tidied\n");
    expect(ended.seconds, "SIGTERM would come").toBeLessThan(7.5);
    expect(ended.steps).toEqual({
      work: "cancelled",
      next: "skipped",
      failed: "skipped",
      always: "success",
      cancelled: "success",
    });
  });

  const TIDY = `bash -c "trap 'echo tidied; exit 0' INT; >ready; while true; do sleep 0.1; done"`;

  it("reaches a program that replaced the shell, not one that the shell waits for", async () => {
    const replaced = await cancel(`- run: exec ${TIDY}`);
    expect(replaced.log).toContain(" tidied\n");
    const waiting = await cancel(`- run: ${TIDY}; echo after`);
    expect(waiting.log).not.toMatch(/Z (tidied|after)\n/);
    expect(waiting.seconds).toBeGreaterThan(7);
  });

  it("lets a step finish if its condition still holds", async () => {
    const ended = await cancel(`- {name: work, if: always(), run: ">ready; sleep 1.2; echo finished"}`);
    expect(ended).toMatchObject({ conclusion: "cancelled", steps: { work: "success" } });
    expect(ended.log).toContain(" finished\n");
  });

  it("terminates a process that ignores SIGINT after 7.5 s, and kills it 2.5 s later", async () => {
    const ended = await cancel(`
- name: ignoring
  run: |
    trap 'echo heard INT' INT
    trap 'echo heard TERM' TERM
    >ready
    while true; do sleep 0.2 || true; done`);
    expect(ended).toMatchObject({ conclusion: "cancelled", steps: { ignoring: "cancelled" } });
    expect(ended.log.indexOf("heard INT")).toBeGreaterThan(0);
    expect(ended.log.indexOf("heard TERM")).toBeGreaterThan(ended.log.indexOf("heard INT"));
    expect(ended.seconds).toBeGreaterThan(9.5);
    expect(ended.seconds).toBeLessThan(20);
  });
});

describe("stopping", () => {
  it("kills every process at once, also one that ignores signals, and runs nothing more", async () => {
    const log: string[] = [];
    const steps = `
- run: trap '' INT TERM; sleep 60
- {if: always(), run: echo never}`;
    const test = await start({ "a.yml": workflowOf(steps), "b.yml": workflowOf("- run: sleep 60") }, {
      log: (line) => log.push(line),
    });
    await dispatch(test, "a.yml");
    await dispatch(test, "b.yml");
    await until(() => test.github.pids().length === 2);
    const pids = test.github.pids();
    const from = Date.now();
    await test.github.stop();
    expect(Date.now() - from).toBeLessThan(7000);
    expect(test.github.pids()).toEqual([]);
    for (const pid of pids) await until(() => !isAlive(-pid));
    expect(log.join("\n")).not.toContain(" never");
    await expect(fetch(test.github.url)).rejects.toThrow();
  });

  it("is not needed: no process outlives the owner, even when that is killed", async () => {
    const { workspace } = await start({
      "a.yml": workflowOf(`- run: "echo $$ > pid; trap '' INT TERM; sleep 300 & wait"`),
      "main.mts": HOST,
    });
    const tsx = fileURLToPath(import.meta.resolve("tsx"));
    const args = [
      "--import",
      tsx,
      join(workspace, "main.mts"),
      new URL("../server.ts", import.meta.url).href,
      workspace,
    ];
    const host = spawn(process.execPath, args, { stdio: "inherit" });
    const pid = () => readFile(join(workspace, "pid"), "utf8").then(Number, () => 0);
    await until(async () => await pid() > 0);
    const group = await pid();
    expect(isAlive(-group)).toBe(true);
    host.kill("SIGKILL");
    await until(() => !isAlive(-group));
  });
});
