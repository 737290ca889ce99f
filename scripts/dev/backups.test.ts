/** The start of the command line, in a small separate repository. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "./root.ts";

let repository = "";

beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), "backups-"));
  await mkdir(join(repository, "scripts", "dev"), { recursive: true });
  for (const file of ["backups.sh", "setup.mjs", "follow_parent.mjs", "leftovers.mjs"]) {
    await cp(join(ROOT, "scripts", "dev", file), join(repository, "scripts", "dev", file));
  }
  // a package of this name without dependencies: no registry is needed
  await mkdir(join(repository, "deno"));
  const deno = join(ROOT, "node_modules", ".bin", "deno");
  await writeFile(join(repository, "deno", "deno.sh"), `#!/bin/sh\nexec '${deno}' "$@"\n`, { mode: 0o755 });
  await writeJson("deno/package.json", { name: "deno", version: "1.0.0", bin: "deno.sh" });
  await writeJson("deno.json", { nodeModulesDir: "manual" });
  await writeJson("package.json", {
    name: "small",
    version: "1.0.0",
    type: "module",
    dependencies: { deno: "file:./deno" },
    scripts: { backups: await scriptOf("backups") },
  });
  npm(["install", "--package-lock-only", "--offline", "--no-audit", "--no-fund"]);
  await writeFile(
    join(repository, "scripts", "backups.ts"),
    `const args: string[] = Deno.args;
     console.log(JSON.stringify({ args, parent: Deno.ppid, folder: Deno.env.get("INIT_CWD") }));`,
  );
});
afterAll(() => rm(repository, { recursive: true, force: true }));

async function scriptOf(name: string): Promise<string> {
  return JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")).scripts[name];
}

function writeJson(path: string, content: object): Promise<void> {
  return writeFile(join(repository, path), JSON.stringify(content));
}

function npm(args: readonly string[]): string {
  return execFileSync("npm", args, { cwd: repository, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function backups(...args: string[]): string {
  return execFileSync("sh", [join(repository, "scripts/dev/backups.sh"), ...args], {
    cwd: "/",
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("dependencies are installed if they are missing; standard output has the command's lines alone", () => {
  expect(JSON.parse(backups("help", "a b"))).toMatchObject({ args: ["help", "a b"] });
});

test("the command replaces the shell process", () => {
  expect(JSON.parse(backups("help"))).toMatchObject({ parent: process.pid });
});

test("an installation that differs from the lock file is corrected", async () => {
  const file = join(repository, "node_modules", ".package-lock.json");
  const lock = await readFile(file, "utf8");
  const foreign = lock.replace('"packages": {', '"packages": { "node_modules/gone": { "version": "1.0.0" },');
  await writeFile(file, foreign);
  backups("help");
  expect(await readFile(file, "utf8")).toBe(lock);
});

test("npm passes the arguments and the caller's folder", () => {
  const { args, folder } = JSON.parse(npm(["run", "--silent", "backups", "--", "upload", "a b"]));
  expect({ args, folder }).toEqual({ args: ["upload", "a b"], folder: repository });
});
