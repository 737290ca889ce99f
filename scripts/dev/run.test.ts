/** `run.sh`, which the scripts of package.json start with, in a small separate repository. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "./root.ts";

let repository = "";

beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), "run-"));
  await mkdir(join(repository, "scripts", "dev"), { recursive: true });
  for (const file of ["run.sh", "setup.mjs"]) {
    await cp(join(ROOT, "scripts", "dev", file), join(repository, "scripts", "dev", file));
  }
  // a package without dependencies: no request goes to the registry
  await mkdir(join(repository, "tool"));
  await writeFile(join(repository, "tool", "tool.mjs"), PROGRAM);
  await chmod(join(repository, "tool", "tool.mjs"), 0o755);
  await writeJson("tool/package.json", { name: "tool", version: "1.0.0", bin: "tool.mjs" });
  await writeJson("package.json", {
    name: "small",
    version: "1.0.0",
    dependencies: { tool: "file:./tool" },
    scripts: { tool: "exec sh scripts/dev/run.sh tool" },
  });
  npm("install", "--package-lock-only", "--offline", "--no-audit", "--no-fund");
});
afterAll(() => rm(repository, { recursive: true, force: true }));

const PROGRAM = `#!/usr/bin/env node
const [code, ...rest] = process.argv.slice(2);
const { DENO_DIR, INIT_CWD } = process.env;
console.log(JSON.stringify({ rest, DENO_DIR, INIT_CWD, parent: process.ppid, folder: process.cwd() }));
if (code === "wait") setInterval(() => {}, 1000);
else process.exit(Number(code));`;

function writeJson(path: string, content: object): Promise<void> {
  return writeFile(join(repository, path), JSON.stringify(content));
}

function npm(...args: string[]): string {
  return execFileSync("npm", args, { cwd: repository, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

async function run(args: string[], signal?: NodeJS.Signals) {
  const child = spawn("sh", [join(repository, "scripts/dev/run.sh"), "tool", ...args], {
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [said, errors] = ["", ""];
  child.stderr.on("data", (chunk: Uint8Array) => errors += String(chunk));
  child.stdout.on("data", (chunk: Uint8Array) => {
    said += String(chunk);
    if (signal && said.includes('"rest"')) child.kill(signal);
  });
  const [code, ended] = await once(child, "close");
  return { printed: JSON.parse(said), errors, code, ended };
}

test("dependencies are installed with a message if they are missing; standard output has the program's lines alone", async () => {
  const { printed, errors, code } = await run(["7", "a b", "--c"]);
  expect(errors).toContain("node_modules is missing: installing");
  expect(printed).toMatchObject({ rest: ["a b", "--c"], folder: repository });
  expect(code).toBe(7);
});

test("nothing is installed when they match the lock; the caches are stored beside them", async () => {
  const { printed, errors } = await run(["0"]);
  expect(errors).toBe("");
  const own = join(repository, "node_modules", ".cache", "deno");
  expect(printed.DENO_DIR).toBe(process.env.DENO_DIR ?? own);
});

test("an installation that differs from the lock file is corrected", async () => {
  const file = join(repository, "node_modules", ".package-lock.json");
  const lock = await readFile(file, "utf8");
  const foreign = lock.replace('"packages": {', '"packages": { "node_modules/gone": { "version": "1.0.0" },');
  await writeFile(file, foreign);
  expect((await run(["0"])).errors).toContain("node_modules differs from package-lock.json");
  expect(await readFile(file, "utf8")).toBe(lock);
  expect((await run(["0"])).errors).toBe("");
});

test("the program replaces the shell: its caller is its parent, and signals reach it", async () => {
  expect((await run(["wait"], "SIGTERM")).ended).toBe("SIGTERM");
  expect(await run(["wait"], "SIGINT")).toMatchObject({ ended: "SIGINT", printed: { parent: process.pid } });
});

test("npm passes the arguments and the caller's folder", () => {
  const printed = JSON.parse(npm("run", "--silent", "tool", "--", "0", "a b"));
  expect(printed).toMatchObject({ rest: ["a b"], INIT_CWD: repository });
});
