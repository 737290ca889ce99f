/** scripts/run_task.sh with a program in place of Deno: what the task gets, and how a drill becomes root. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseSecrets } from "../lib/process/environment.ts";
import { program } from "./fake_programs.ts";

const SCRIPT = fileURLToPath(new URL("../run_task.sh", import.meta.url));
const SECRETS = { R2_SECRET_ACCESS_KEY: "um=dois\ntrês", SUPABASE_DB_URL_PROD: "postgres://u:p@h/b" };

let folder: string;
let seenFolder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-task-"));
  seenFolder = join(folder, "seen");
  await mkdir(seenFolder);
  await program(
    folder,
    "deno",
    `echo "$*" >"$SEEN/arguments"; env >"$SEEN/environment"; cat >"$SEEN/input"; exit 7`,
  );
  await program(folder, "id", "echo 1001");
  await program(folder, "sudo", `echo "$*" >>"$SEEN/sudo"; while [[ "$1" == -* ]]; do shift; done; "$@"`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(args: string[], env: Record<string, string> = {}) {
  const PATH = `${folder}:${process.env.PATH}`;
  const child = spawn("bash", [SCRIPT, ...args], { env: { PATH, SEEN: seenFolder, ...SECRETS, ...env } });
  return { child, code: new Promise<number | null>((resolve) => child.once("close", resolve)) };
}

const seen = (name: string) => readFile(join(seenFolder, name), "utf8");

test("hands over the secrets that are set, and no other variable", async () => {
  expect(await start(["backup", "--quiet"], { TARGET: "dev", BACKUP_SIGNING_KEY: "" }).code).toBe(7);
  expect(await seen("arguments")).toBe("task backup --quiet\n");
  expect(parseSecrets(await seen("input"))).toEqual(SECRETS);
  const environment = await seen("environment");
  expect(environment).toContain("TARGET=dev\n");
  expect(environment).toContain("REVO_SECRETS=stdin\n");
  for (const name of Object.keys(SECRETS)) expect(environment).not.toContain(name);
});

test("starts a drill by root on GitHub's machine alone", async () => {
  expect(await start(["drill"], { RUNNER_ENVIRONMENT: "self-hosted" }).code).toBe(7);
  await expect(seen("sudo")).rejects.toThrow("ENOENT");
  expect(await start(["drill"], { RUNNER_ENVIRONMENT: "github-hosted" }).code).toBe(7);
  expect(await seen("sudo")).toMatch(/^-n true\n-n -E env PATH=\S+ deno task drill\n$/);
  expect(parseSecrets(await seen("input"))).toEqual(SECRETS);
});

test("passes a signal on to the drill that root runs, and waits for its end", async () => {
  await program(
    folder,
    "deno",
    `trap 'sleep 0.2; echo ended >"$SEEN/ended"; exit 130' INT; echo >"$SEEN/begun"; while :; do sleep 0.05; done`,
  );
  // as the real one: the command's process is another one, and gets the signal that sudo gets
  await program(
    folder,
    "sudo",
    `echo "$*" >>"$SEEN/sudo"; while [[ "$1" == -* ]]; do shift; done
if [ "$1" = kill ]; then shift; kill "$@"; else exec "$@"; fi`,
  );
  const cancelled = async () => {
    const { child, code } = start(["drill"], { RUNNER_ENVIRONMENT: "github-hosted" });
    await expect.poll(() => seen("begun").catch(() => null), { timeout: 10_000 }).not.toBeNull();
    child.kill("SIGINT");
    return await code;
  };
  expect(await cancelled()).toBe(130);
  expect(await seen("ended")).toBe("ended\n");

  // it ends while the signal is being passed on
  await rm(join(seenFolder, "begun"));
  await program(folder, "deno", `trap 'exit 5' INT; echo >"$SEEN/begun"; while :; do sleep 0.05; done`);
  await program(
    folder,
    "sudo",
    `while [[ "$1" == -* ]]; do shift; done
if [ "$1" = kill ]; then shift; kill "$@"; sleep 0.5; else exec "$@"; fi`,
  );
  expect(await cancelled()).toBe(5);
});
