/** The life cycle of `npm start`. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { DEMO_ENVIRONMENT_FILE, environmentFileText } from "./demo_environment.ts";
import { ROOT } from "./root.ts";
import { processesOf } from "./run_processes.ts";

const UP = "\nready";
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const mains: ChildProcess[] = [];

afterEach(() => {
  for (const child of mains.splice(0)) child.kill("SIGTERM");
});

/** As npm does, which is the parent of the main then. */
function launch(...args: string[]): { child: ChildProcess; said: () => string } {
  const child = spawn("sh", ["-c", `${scripts.start} "$@"`, "start", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  mains.push(child);
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
  expect(processesOf(folder).length).toBeGreaterThanOrEqual(5);
  return { child, said, folder };
}

test("unknown and invalid options are refused with the usage, before anything starts", async () => {
  for (const args of [["--foo"], ["--rows", "many"], ["--rows", "5"], ["extra"]]) {
    const { child, said } = launch(...args);
    const [code] = await once(child, "close");
    expect(code).toBe(2);
    expect(said()).toContain("Usage: npm start");
  }
});

const run = promisify(execFile);
const DUMP = "process.stdout.write(JSON.stringify(process.env))";
const { PATH, HOME } = process.env;

/** The variables of an environment file in a program that bash, or Node itself, starts with it. */
async function readByBashAndNode(file: string): Promise<[bash: object, node: object]> {
  const env = { PATH, HOME };
  const bash = await run("bash", [
    "-c",
    'set -a; . "$1"; exec "$2" -e "$3"',
    "-",
    file,
    process.execPath,
    DUMP,
  ], {
    env,
  });
  const node = await run(process.execPath, [`--env-file=${file}`, "-e", DUMP], { env });
  const names = readFileSync(file, "utf8").trim().split("\n").map((line) => line.split("=", 1)[0] ?? "");
  const only = (text: string) => {
    const all = JSON.parse(text);
    return Object.fromEntries(names.map((name) => [name, all[name]]));
  };
  return [only(bash.stdout), only(node.stdout)];
}

test("an environment file means the same to bash and Node, and what they read differently is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "revo-env-"));
  try {
    const odd = { A: 'a b $HOME `id` # \\n "', B: "", C: "postgres://u:p%40@h:1/d?x=y&z=1#f", D: "/usr/lib" };
    const file = join(folder, ".env");
    writeFileSync(file, environmentFileText(odd));
    expect(await readByBashAndNode(file)).toEqual([odd, odd]);
    expect(() => environmentFileText({ NAME: "o'brien" })).toThrow(/NAME(?!.*brien)/);
    expect(() => environmentFileText({ NAME: "a\nb" })).toThrow("a line break");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  "prints the screen's address and credentials, .env.demo serves a second terminal, and SIGINT stops everything in order",
  async () => {
    const { child, said, folder } = await launchUntilUp("--watch");
    const screen = /Screen +(\S+)/.exec(said())?.[1] ?? "";
    expect((await fetch(screen)).status).toBe(200);
    expect(said()).toMatch(/Sign in +\S+@\S+\s+Password +\S+/);
    expect(said().trimEnd().split("\n").at(-1)).toMatch(/^ready/);
    expect(said()).toContain("two real backups of prod");
    expect(said()).not.toContain("PLAN_JSON=");
    await useFromSecondTerminal();
    child.kill("SIGINT");
    const [code] = await once(child, "close");
    expect(said().trimEnd().split("\n").at(-1)).toMatch(/stopped: every process of this run has ended/);
    expect([code, existsSync(folder), existsSync(DEMO_ENVIRONMENT_FILE), ...processesOf(folder)])
      .toEqual([0, false, false]);
  },
  240_000,
);

async function useFromSecondTerminal(): Promise<void> {
  expect(statSync(DEMO_ENVIRONMENT_FILE).mode & 0o777).toBe(0o600);
  expect((await run("git", ["check-ignore", DEMO_ENVIRONMENT_FILE], { cwd: ROOT })).stdout).not.toBe("");
  const [bash, node] = await readByBashAndNode(DEMO_ENVIRONMENT_FILE);
  expect(bash).toEqual(node);
  const terminal = async (command: string) => {
    const script = `set -a; . ./.env.demo; set +a; ${command}`;
    const { stdout } = await run("bash", ["-ec", script], { cwd: ROOT, env: { PATH, HOME } });
    return stdout.trim().split("\n").at(-1) ?? "";
  };
  const roleOf = (variable: string) =>
    terminal(
      `psql "$${variable}" -Atc 'select rolname, rolsuper from pg_roles where rolname = current_user'`,
    );
  expect(await roleOf("SUPABASE_DB_URL_PROD")).toBe("postgres|f");
  expect(await roleOf("SUPABASE_ADMIN_URL_PROD")).toBe("supabase_admin|t");
  const { r2_key } = JSON.parse(await terminal("npm run -s backups -- backup --json")).runs[0];
  expect(await terminal("npm run -s backups -- list --json")).toContain(r2_key);
  await terminal(`npm run -s backups -- restore ${r2_key} --target dev`);
  await terminal(`npm run -s backups -- drill ${r2_key}`);
}

test("five seconds after a SIGKILL of the main nothing is left, nor .env.demo", async () => {
  const { child, folder } = await launchUntilUp("--empty");
  const ended = once(child, "close");
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  await expect.poll(
    () => [existsSync(folder), existsSync(DEMO_ENVIRONMENT_FILE), ...processesOf(folder)],
    { timeout: 5_000 },
  ).toEqual([false, false]);
});

test("a SIGKILL of npm while the stack starts stops everything", async () => {
  const child = spawn("npm", ["start", "--", "--rows", "1000", "--empty"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  mains.push(child);
  let said = "";
  child.stdout.on("data", (chunk: Uint8Array) => said += String(chunk));
  await expect.poll(() => said, { timeout: 110_000 }).toContain("PostgreSQL");
  child.kill("SIGKILL");
  await expect.poll(() => said).toContain("SIGTERM: stopping");
  await once(child, "close"); // the main held its output open
  expect(said).not.toContain(UP);
});
